"""Run 7 in full, three seeds on two ensembles, beside Run 2 and Run 6; resumes and reports.

    python benchmarks/run7.py                              # everything: about a day on two cores
    python benchmarks/run7.py --only course-7              # one run
    python benchmarks/run7.py --tables --ds1 DIR --uniform4500 DIR    # trains nothing

Runs go to results/run7/, go on where they stopped, and are left alone once they are finished.
DIR are data set folders as `mheight data import` makes them.  Reports, histories and small
pictures are copied to docs/results/run7/ and stay there, so that runs may be trained on several
days or machines; the tables of all go to docs/results/run7.txt, and the reports of Run 2 and Run 6
into the package, where a newcomer's Run 7 finds them to stand beside.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from PIL import Image

from mheight.cli.console import TrainingDisplay, errors_in_one_line
from mheight.datasets import check_import, read_samples
from mheight.evaluation import RunReport
from mheight.evaluation.tables import render
from mheight.experiments import RunConfig, RunFolder, load_config
from mheight.experiments.pipeline import run_experiment
from mheight.experiments.scoring import score_runs
from mheight.experiments.trained_run import TrainedRun
from mheight.files import atomic_path, write_json, write_text
from mheight.tiers import Tier

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "results" / "run7"
PAGES = ROOT / "docs" / "results" / "run7"
SHIPPED = ROOT / "src" / "mheight" / "experiments" / "shipped"
SEEDS = (7, 8, 9)
OTHER_DATA = "other_data.json"
UNPOOLED = ("model.set_width=0",)
POOLED = ("model.set_width=4",)
SMALL = ("data.per_group=2000",)


@dataclass(frozen=True)
class Job:
    """One run: its file, ensemble and seed."""

    file: str
    ensemble: str
    seed: int
    variant: str = ""
    variation: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name on the command line and of its folder."""
        start = "" if self.file == "run7" else f"{self.file}-"
        return f"{start}{self.variant}{self.ensemble}-{self.seed}"

    @property
    def changes(self) -> list[str]:
        """What differs from the file."""
        return [f"data.ensemble={self.ensemble}", f"seed={self.seed}", *self.variation]

    @property
    def page(self) -> Path:
        """Where what is small is kept for good."""
        return PAGES / self.label

    def other_data(self) -> dict[str, Any]:
        """Scores on other people's data, by its name."""
        path = self.page / OTHER_DATA
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    @property
    def config(self) -> RunConfig:
        """The resolved configuration."""
        return load_config(ROOT / "runs" / f"{self.file}.toml", self.changes)

    @property
    def run(self) -> RunFolder:
        """Where it ends up."""
        return RunFolder.of(WORK / self.label, self.config.name)

    @property
    def command(self) -> str:
        """The same from a shell."""
        changes = "".join(f" --set {one}" for one in self.changes)
        return f"mheight train runs/{self.file}.toml -o results/run7/{self.label}{changes}"


# In the order of what matters most.
JOBS = [
    *(Job("run7", ensemble, seed) for seed in SEEDS for ensemble in ("course", "uniform")),
    *(Job("run2", "course", seed) for seed in SEEDS),
    Job("run6", "course", 7),
    Job("run7-raw", "course", 7),
    Job("run7", "course", 7, "pooled-", POOLED),
    Job("run2", "course", 7, "pooled-", POOLED),
    Job("run7", "uniform", 7, "pooled-", POOLED),
    Job("run7", "course", 7, "unpooled-", (*UNPOOLED, "training.epochs=13")),
    Job("run7", "uniform", 7, "unpooled-", UNPOOLED),
    Job("run7", "course", 7, "small-", SMALL),
]
CURVES = {
    Job("run7", "course", 7): ("#d55e00", "run7, course"),
    Job("run7", "uniform", 7): ("#e69f00", "run7, uniform"),
    Job("run7", "course", 7, "pooled-", POOLED): ("#0072b2", "sets pooled 4 wide, course"),
    Job("run7", "uniform", 7, "pooled-", POOLED): ("#56b4e9", "sets pooled 4 wide, uniform"),
    Job("run7", "uniform", 7, "unpooled-", UNPOOLED): ("#009e73", "sets not pooled, uniform"),
    Job("run7", "course", 7, "small-", SMALL): ("#cc79a7", "a sixth of the originals"),
    Job("run2", "course", 7): ("#777777", "run2: no copies, weights, L2"),
    Job("run2", "course", 7, "pooled-", POOLED): ("#333333", "run2, sets pooled 4 wide"),
}


def train(job: Job) -> None:
    print(f"$ {job.command}", flush=True)
    with TrainingDisplay(job.config.training.epochs, job.run) as display:
        run_experiment(
            job.config,
            WORK / job.label,
            resume=True,
            say=lambda line: print("  " + line, flush=True),
            progress=display,
        )


def keep(job: Job) -> None:
    """Copy what is small, unless it was copied before; ship the baselines' reports."""
    run, page = job.run, job.page
    kept = page / run.report.name
    if kept.is_file() and kept.read_bytes() == run.report.read_bytes():
        return
    page.mkdir(parents=True, exist_ok=True)
    for file in (run.report_text, run.report, run.history, run.config, run.comparison):
        shutil.copy(file, page / file.name)
    if job.seed == SEEDS[0]:
        for picture in (run.history_plot, run.scatter_plot):
            small = Image.open(picture).convert("RGB").quantize(64)
            small.save(page / picture.name, optimize=True)
    if (
        job.file in ("run2", "run6")
        and job.seed == SEEDS[0]
        and not job.variant
        and run.state() == "finished"
    ):
        write_json(SHIPPED / f"{job.file}.json", run.read_report().as_dict())


def own_validation(reports: dict[Job, RunReport]) -> str:
    rows = []
    for job, report in reports.items():
        scores = report.scores[report.validation_sets[0]]
        met, measured = report.criteria_met
        rows.append(
            [
                job.label,
                f"{scores.overall:.4f}",
                *(f"{scores.tiers[tier.value]:.4f}" for tier in Tier),
                f"{report.gap:.4f}",
                f"{report.model.parameters:,}",
                report.epochs_told,
                f"{report.training.minutes:.0f}",
                f"{met}/{measured}" if report.valid else "INVALID",
            ]
        )
    header = ["run", "overall", "easy", "medium", "hard", "gap", "parameters", "epochs", "minutes"]
    return render("On each run's own clean validation", [*header, "criteria"], rows)


def score_other_data(jobs: list[Job], named: dict[str, Path]) -> None:
    """Score trained runs; what was scored before is kept in their pages."""
    for name, path in named.items():
        samples, _ = check_import(read_samples(path))
        for job in jobs:
            result = score_runs([TrainedRun.load(job.run.path)], samples, 0, name)
            known = job.other_data()
            known[name] = {
                "scores": result.scores.as_dict(),
                "rows": len(result.clean),
                "seen": result.seen,
            }
            write_json(job.page / OTHER_DATA, known)
            print(job.label, name, f"{result.scores.overall:.4f}", flush=True)


def other_data(jobs: list[Job]) -> str:
    rows = []
    for job in jobs:
        for name, found in job.other_data().items():
            scores = found["scores"]
            numbers = [scores["overall"], *(scores["tiers"][tier.value] for tier in Tier)]
            counts = [f"{found['rows']:,}", f"{found['seen']:,}"]
            rows.append([job.label, name, *(f"{value:.4f}" for value in numbers), *counts])
    rows.sort(key=lambda row: row[1])
    header = ["run", "data", "overall", "easy", "medium", "hard", "rows", "seen, left out"]
    return render("On other people's data", header, rows)


def picture(jobs: list[Job]) -> None:
    """The gap against validation, epoch by epoch: the trade that the criteria ask for."""
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.subplots()
    axes.axhspan(0.02, 0.08, color="#009e73", alpha=0.12, label="gap wanted: .02 to .08")
    for job, (colour, label) in CURVES.items():
        if job not in jobs:
            continue
        with (job.page / "history.csv").open(encoding="utf-8") as file:
            epochs = list(csv.DictReader(file))
        validation = [float(epoch["val_overall"]) for epoch in epochs]
        gap = [float(epoch["val_overall"]) - float(epoch["train_overall"]) for epoch in epochs]
        axes.plot(validation, gap, marker="o", markersize=3, color=colour, label=label)
        axes.annotate(
            str(len(epochs)),
            (validation[-1], gap[-1]),
            fontsize=8,
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
        )
    axes.axvline(0.374, color="#999999", linewidth=0.8, label="overall wanted: below .374")
    axes.set(
        xlabel="overall log2-MSE on validation",
        ylabel="gap: validation minus training originals",
        title="Gap against error, a point an epoch (the last one is numbered)",
        xscale="log",
        xlim=(0.03, 1.5),
        ylim=(-0.02, 0.09),
    )
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    with atomic_path(PAGES / "gap.png") as temporary:
        figure.savefig(temporary, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=[job.label for job in JOBS])
    parser.add_argument("--tables", action="store_true", help="train nothing")
    parser.add_argument("--ds1", type=Path, help="data set folder of DS-1")
    parser.add_argument("--uniform4500", type=Path, help="data set folder of uniform4500")
    options = parser.parse_args()
    errors_in_one_line()
    if not options.tables:
        for job in JOBS:
            if options.only is None or job.label in options.only:
                train(job)
    trained = [job for job in JOBS if job.run.report.is_file()]
    for job in trained:
        keep(job)
    given = {"DS-1": options.ds1, "uniform4500": options.uniform4500}
    named = {name: path for name, path in given.items() if path is not None}
    score_other_data([job for job in trained if job.run.model.is_file()], named)
    done = [job for job in JOBS if (job.page / "report.json").is_file()]
    reports = {job: RunReport.from_json((job.page / "report.json").read_bytes()) for job in done}
    tables = [own_validation(reports), other_data(done)]
    picture(done)
    commands = "".join(f"$ {job.command}\n" for job in done)
    write_text(PAGES.parent / "run7.txt", commands + "\n" + "\n".join(tables))
    print("\n".join(tables))


if __name__ == "__main__":
    main()
