"""Train what docs/results/ shows, and write its tables and pictures.

    make results                                        # everything: about an hour on two cores
    python benchmarks/results.py --only ladder          # one part
    python benchmarks/results.py --ds1 DIR --uniform DIR     # with other people's data sets

Every run goes to results/, goes on where it stopped, and is left alone once it is finished.
DIR are data set folders as `mheight data import` makes them; without them those tables are
not written.
"""

from __future__ import annotations

import argparse
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from mheight.datasets import Samples, exact_heights, generate, load_dataset
from mheight.evaluation.run_report import LEAKED
from mheight.evaluation.tables import render
from mheight.experiments import RunFolder, load_config
from mheight.experiments.pipeline import run_experiment
from mheight.experiments.scoring import score_runs
from mheight.experiments.trained_run import TrainedRun
from mheight.metrics import Scores
from mheight.tiers import COURSE_9, Tier

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "results"
PAGES = ROOT / "docs" / "results"
SMALL = ("data.per_group=4000", "model.capacity=0.25", "training.epochs=12")
RAW = ("features.name=raw-p",)
LADDER_DATA = ("data.per_group=2000",)
LADDER_SETS = (
    *LADDER_DATA,
    "model.pooled_width=128",
    "model.pooled_layers=2",
    "training.epochs=24",
    "training.learning_rate=2e-3",
)
LADDER_RESIDUAL = (*LADDER_DATA, "model.capacity=0.25", "training.epochs=24")


@dataclass(frozen=True)
class Job:
    """One run: where it goes, from which file, with which changes."""

    folder: str
    file: str
    overrides: tuple[str, ...] = ()
    pictures: bool = False
    label: str = field(default="")

    @property
    def command(self) -> str:
        """The same from a shell."""
        changes = "".join(f" --set {one}" for one in self.overrides)
        return f"mheight train runs/{self.file}.toml -o results/{self.folder}{changes}"

    @property
    def run(self) -> RunFolder:
        """Where it ends up."""
        config = load_config(ROOT / "runs" / f"{self.file}.toml", self.overrides)
        return RunFolder.of(WORK / self.folder, config.name)


def baselines(ensemble: str, size: int, *more: str) -> list[Job]:
    """Runs on one ensemble; run8 with its 4,000 originals a group, and with more or fewer."""
    there = (f"data.ensemble={ensemble}",)
    other = (*there, f"data.per_group={size}", *more)
    return [
        Job(ensemble, "run2", (*there, *RAW, *SMALL)),
        Job(ensemble, "run6", (*there, *RAW, *SMALL[1:])),
        Job(ensemble, "run7-raw", (*there, *SMALL), pictures=True),
        Job(ensemble, "run8", there, pictures=True),
        Job(f"{ensemble}-{size}", "run8", other, pictures=True, label=f"run8, {size:,} a group"),
    ]


RUNS = {
    "course": baselines("course", 12_000),
    "uniform": baselines(
        "uniform", 1_000, "training.epochs=60", "training.learning_rate_decay=0.95"
    ),
    "stream": [Job("stream", "run8-stream", pictures=True)],
}
LADDER = [
    Job("ladder", "run7-raw", ("name=raw-p", *LADDER_RESIDUAL), label="raw P"),
    Job(
        "ladder",
        "run7-raw",
        ("name=gram", "features.name=gram", *LADDER_RESIDUAL),
        label="projection",
    ),
    Job(
        "ladder",
        "run7-raw",
        ("name=spectrum", "features.name=minor-spectrum", *LADDER_RESIDUAL),
        label="minor spectrum",
    ),
    Job(
        "ladder",
        "run8",
        ("name=circuits", "features.name=circuits", *LADDER_SETS),
        label="circuits",
    ),
    Job("ladder", "run8", ("name=punctured", *LADDER_SETS), label="punctured codes"),
    Job("stream", "run8-stream", label="circuits, related"),
]
ENSEMBLE_SEEDS = [
    Job(
        "seeds",
        "run8-stream",
        (f"name=seed{seed}", f"seed={seed}", "stream.per_group=4000", "training.epochs=8"),
    )
    for seed in (1, 2, 3)
]


class Lines:
    """Progress as lines: the epochs are announced by the run itself."""

    def epoch_begins(self, epoch: int, steps: int) -> None:
        """Nothing."""

    def step_done(self, step: int) -> None:
        """Nothing."""

    def training_ends(self) -> None:
        """Nothing."""


def train(job: Job) -> RunFolder:
    print(f"$ {job.command}", flush=True)
    config = load_config(ROOT / "runs" / f"{job.file}.toml", job.overrides)
    (WORK / job.folder).mkdir(parents=True, exist_ok=True)
    return run_experiment(
        config,
        WORK / job.folder,
        resume=True,
        say=lambda line: print("  " + line, flush=True),
        progress=Lines(),
    )


def keep(job: Job) -> None:
    """Copy what is small: report, history, configuration, calibration, pictures."""
    run, page = job.run, PAGES / job.folder / job.run.path.name
    page.mkdir(parents=True, exist_ok=True)
    files = [run.report_text, run.history, run.config, run.calibration]
    if job.pictures:
        files += [run.history_plot, run.scatter_plot, run.residuals_plot]
    for file in files:
        if file.suffix == ".png":
            # A third of the size, for a repository.
            Image.open(file).convert("RGB").quantize(64).save(page / file.name, optimize=True)
        else:
            shutil.copy(file, page / file.name)


def scores_row(name: str, scores: Scores, *more: str) -> list[str]:
    tiers = [f"{scores.tiers[tier.value]:.4f}" for tier in Tier]
    return [name, f"{scores.overall:.4f}", *tiers, *more]


SCORES = ["log2-MSE", "overall", "easy", "medium", "hard"]


def write(name: str, commands: list[str], tables: list[str]) -> None:
    text = "".join(f"$ {command}\n" for command in commands)
    (PAGES / f"{name}.txt").write_text(text + "\n" + "\n".join(tables), encoding="utf-8")
    print("\n".join(tables), flush=True)


def runs_table(part: str) -> None:
    rows = []
    for job in RUNS[part]:
        report = job.run.read_report()
        met, measured = report.criteria_met
        budget = [
            f"{report.model.parameters:,}",
            f"{report.training.epochs}",
            f"{report.training.minutes:.1f}",
            f"{report.gap:.4f}",
            f"{met}/{measured}" if report.valid else "INVALID",
        ]
        if not report.valid:
            leaked = report.scores[LEAKED]
            rows.append(scores_row(f"{report.name} leaked (INVALID)", leaked, *budget))
        for one, scores in report.validation.items():
            name = job.label or report.name
            name += f" on {one}" if len(report.validation_sets) > 1 else ""
            name += "" if report.valid else " clean"
            rows.append(scores_row(name, scores, *budget))
    header = [*SCORES, "parameters", "epochs", "minutes", "gap", "criteria"]
    title = f"Runs on the {part} ensemble: each on its own clean validation"
    if part == "stream":
        title = "run8-stream: one network on fresh codes, on clean validation of each ensemble"
    write(part, [job.command for job in RUNS[part]], [render(title, header, rows)])


def microseconds(run: TrainedRun, samples: Samples) -> float:
    """Features and network, a code; the best of two after a first call that compiles."""
    run.predict_log2(samples.take(np.arange(0, len(samples), 20)))
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        run.predict_log2(samples)
        seconds.append(time.perf_counter() - start)
    return min(seconds) / len(samples) * 1e6


def ladder_table(count: int = 20_000) -> None:
    drawn = generate("course", -(-count // len(COURSE_9)), 77).samples
    samples = drawn.take(np.random.default_rng(0).permutation(len(drawn))[:count])
    rows = []
    for job in LADDER:
        run = TrainedRun.load(job.run.path)
        report = job.run.read_report()
        result = score_runs([run], samples, 0, "course, seed 77")
        facts = [f"{report.model.parameters:,}", f"{microseconds(run, samples):.1f}"]
        name = f"{job.label}, {report.model.name}"
        rows.append(scores_row(name, result.scores, *facts, f"{report.training.minutes:.1f}"))
        print(rows[-1], flush=True)
    exact_heights(samples)
    start = time.perf_counter()
    exact_heights(samples)
    exact = (time.perf_counter() - start) / len(samples) * 1e6
    rows.append(["exact height", *["0"] * 4, "0", f"{exact:.1f}", "0"])
    header = [*SCORES, "parameters", "us a code", "minutes of training"]
    title = f"The ladder: {count:,} codes of the course ensemble that no run saw"
    commands = [job.command for job in LADDER] + ["python benchmarks/results.py --only ladder"]
    write("ladder", commands, [render(title, header, rows)])


def other_data_table(named: dict[str, Path]) -> None:
    sets = {name: load_dataset(path).samples for name, path in named.items()}
    sets["normal"] = generate("normal", 1000, 5).samples
    sets["searched"] = generate("searched", 1000, 5).samples
    jobs = [RUNS["course"][2], RUNS["course"][3], RUNS["uniform"][3], RUNS["stream"][0]]
    rows = []
    for name, samples in sets.items():
        for job in jobs:
            run = TrainedRun.load(job.run.path)
            result = score_runs([run], samples, 0, name)
            assert result.intervals is not None
            held = f"{result.intervals.overall:.3f}"
            where = "" if job.folder == "stream" else f", {job.folder}"
            label = f"{run.config.name}{where} on {name}"
            counts = [f"{len(result.clean):,}", f"{result.seen:,}", held, f"{result.flagged:,}"]
            rows.append(scores_row(label, result.scores, *counts))
            print(rows[-1], flush=True)
    header = [*SCORES, "rows", "seen, left out", "in the 90 % interval", "flagged"]
    title = "Data that no run was tuned to; codes equivalent to training codes left out"
    write(
        "other_data",
        ["python benchmarks/results.py --only other --ds1 ... --uniform ..."],
        [render(title, header, rows)],
    )


def averaging_table() -> None:
    samples = generate("course", 500, 78).samples
    rows = []

    def add(label: str, runs: list[TrainedRun], copies: int) -> None:
        result = score_runs(runs, samples, copies, "course, seed 78")
        rows.append(scores_row(label, result.scores))
        print(rows[-1], flush=True)

    raw = TrainedRun.load(RUNS["course"][2].run.path)
    sets = TrainedRun.load(RUNS["course"][3].run.path)
    seeds = [TrainedRun.load(job.run.path) for job in ENSEMBLE_SEEDS]
    add("run7-raw alone", [raw], 0)
    add("run7-raw, 16 symmetric copies", [raw], 16)
    add("run8 alone", [sets], 0)
    add("run8, 4 symmetric copies", [sets], 4)
    for job, run in zip(ENSEMBLE_SEEDS, seeds, strict=True):
        add(job.run.name + " of run8-stream alone", [run], 0)
    add("mean of the three", seeds, 0)
    commands = [job.command for job in ENSEMBLE_SEEDS]
    write(
        "averaging",
        [*commands, "python benchmarks/results.py --only averaging"],
        [render("Averaging over symmetric copies and over networks", SCORES, rows)],
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ["course", "uniform", "stream", "ladder", "averaging", "other"]
    parser.add_argument("--only", choices=parts, action="append", help="do this part")
    parser.add_argument("--ds1", type=Path, help="data set folder of DS-1")
    parser.add_argument("--uniform", type=Path, help="data set folder of uniform4500")
    options = parser.parse_args()
    wanted = options.only or parts
    PAGES.mkdir(parents=True, exist_ok=True)
    for part in ("course", "uniform", "stream"):
        if part in wanted:
            for job in RUNS[part]:
                train(job)
                keep(job)
            runs_table(part)
    if "ladder" in wanted:
        for job in LADDER:
            train(job)
        ladder_table()
    if "averaging" in wanted:
        for job in ENSEMBLE_SEEDS:
            train(job)
        averaging_table()
    if "other" in wanted:
        given = {"DS-1": options.ds1, "uniform4500": options.uniform}
        other_data_table({name: path for name, path in given.items() if path is not None})


if __name__ == "__main__":
    main()
