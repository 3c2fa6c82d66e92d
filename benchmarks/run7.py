"""Run 7 in full, three seeds on two ensembles, beside Run 2 and Run 6; resumes and reports.

    python benchmarks/run7.py                              # everything: about a day on two cores
    python benchmarks/run7.py --only course-7              # one run
    python benchmarks/run7.py --tables --ds1 DIR --uniform4500 DIR    # trains nothing

Runs go to results/run7/, go on where they stopped, and are left alone once they are finished.
DIR are data set folders as `mheight data import` makes them.  Reports, histories and small
pictures are copied to docs/results/run7/, the tables to docs/results/run7.txt, and the reports of
Run 2 and Run 6 into the package, where a newcomer's Run 7 finds them to stand beside.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from mheight.cli.console import TrainingDisplay
from mheight.datasets import check_import, read_samples
from mheight.evaluation.tables import render
from mheight.experiments import RunConfig, RunFolder, load_config
from mheight.experiments.pipeline import run_experiment
from mheight.experiments.scoring import score_runs
from mheight.experiments.trained_run import TrainedRun
from mheight.files import write_json, write_text
from mheight.tiers import Tier

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "results" / "run7"
PAGES = ROOT / "docs" / "results" / "run7"
SHIPPED = ROOT / "src" / "mheight" / "experiments" / "shipped"
SEEDS = (7, 8, 9)


@dataclass(frozen=True)
class Job:
    """One run: its file, ensemble and seed."""

    file: str
    ensemble: str
    seed: int

    @property
    def label(self) -> str:
        """Name on the command line and of its folder."""
        start = "" if self.file == "run7" else f"{self.file}-"
        return f"{start}{self.ensemble}-{self.seed}"

    @property
    def changes(self) -> list[str]:
        """What differs from the file."""
        return [f"data.ensemble={self.ensemble}", f"seed={self.seed}"]

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
]


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
    """Copy what is small; ship the baselines' reports."""
    run, page = job.run, PAGES / job.label
    page.mkdir(parents=True, exist_ok=True)
    for file in (run.report_text, run.history, run.config, run.comparison):
        shutil.copy(file, page / file.name)
    if job.seed == SEEDS[0]:
        for picture in (run.history_plot, run.scatter_plot):
            small = Image.open(picture).convert("RGB").quantize(64)
            small.save(page / picture.name, optimize=True)
    if job.file in ("run2", "run6") and job.seed == SEEDS[0] and run.state() == "finished":
        write_json(SHIPPED / f"{job.file}.json", run.read_report())


def own_validation(jobs: list[Job]) -> str:
    rows = []
    for job in jobs:
        report = job.run.read_report()
        scores = report["scores"][report["validation_sets"][0]]
        passed = sum(criterion["passed"] for criterion in report["criteria"])
        rows.append(
            [
                job.label,
                f"{scores['overall']:.4f}",
                *(f"{scores['tiers'][tier.value]:.4f}" for tier in Tier),
                f"{report['gap']:.4f}",
                f"{report['model']['parameters']:,}",
                str(report["training"]["epochs"]) + ("" if report["finished"] else " so far"),
                f"{report['training']['minutes']:.0f}",
                f"{passed}/{len(report['criteria'])}" if report["valid"] else "INVALID",
            ]
        )
    header = ["run", "overall", "easy", "medium", "hard", "gap", "parameters", "epochs", "minutes"]
    return render("On each run's own clean validation", [*header, "criteria"], rows)


def other_data(jobs: list[Job], named: dict[str, Path]) -> str:
    rows = []
    for name, path in named.items():
        samples, _ = check_import(read_samples(path))
        for job in jobs:
            result = score_runs([TrainedRun.load(job.run.path)], samples, 0, name)
            tiers: list[Any] = [result.scores.tiers[tier.value] for tier in Tier]
            numbers = [f"{value:.4f}" for value in (result.scores.overall, *tiers)]
            counts = [f"{len(result.clean):,}", f"{result.seen:,}"]
            rows.append([job.label, name, *numbers, *counts])
            print(rows[-1], flush=True)
    header = ["run", "data", "overall", "easy", "medium", "hard", "rows", "seen, left out"]
    return render("On other people's data", header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=[job.label for job in JOBS])
    parser.add_argument("--tables", action="store_true", help="train nothing")
    parser.add_argument("--ds1", type=Path, help="data set folder of DS-1")
    parser.add_argument("--uniform4500", type=Path, help="data set folder of uniform4500")
    options = parser.parse_args()
    if not options.tables:
        for job in JOBS:
            if options.only is None or job.label in options.only:
                train(job)
    done = [job for job in JOBS if job.run.report.is_file()]
    for job in done:
        keep(job)
    tables = [own_validation(done)]
    given = {"DS-1": options.ds1, "uniform4500": options.uniform4500}
    named = {name: path for name, path in given.items() if path is not None}
    if named:
        tables.append(other_data([job for job in done if job.run.model.is_file()], named))
    commands = "".join(f"$ {job.command}\n" for job in done)
    write_text(PAGES.parent / "run7.txt", commands + "\n" + "\n".join(tables))
    print("\n".join(tables))


if __name__ == "__main__":
    main()
