"""The smallest run that goes through every stage, shared by the tests that need one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mheight.experiments import RunConfig, RunFolder, load_config

ROOT = Path(__file__).resolve().parent.parent

OVERRIDES = (
    "features.name=raw-p",  # compiles fast
    "data.per_group=40",
    "model.capacity=0.02",
    "training.epochs=3",
    "training.batch_size=16",
)

STREAM_OVERRIDES = (
    'stream.ensembles=["course", "normal"]',
    "stream.per_group=8",
    "stream.validation_per_group=12",
    "model.width=2",
    "model.hidden=4",
    "model.head=4",
    "training.epochs=3",
    "training.batch_size=24",
)


class Quiet:
    """A progress sink that counts."""

    def __init__(self) -> None:
        self.epochs: list[tuple[int, int]] = []
        self.steps = 0

    def epoch_begins(self, epoch: int, steps: int) -> None:
        self.epochs.append((epoch, steps))

    def step_done(self, step: int) -> None:
        self.steps = step

    def training_ends(self) -> None:
        self.ended = True


def tiny_config(run: str = "run7", *overrides: str) -> RunConfig:
    tiny = STREAM_OVERRIDES if run == "run8-stream" else OVERRIDES
    return load_config(ROOT / "runs" / f"{run}.toml", [*tiny, *overrides])


def train_tiny(
    root: Path, run: str = "run7", *overrides: str, **options: object
) -> tuple[RunFolder, list[str]]:
    """Train, and return the folder and the console lines."""
    from mheight.experiments.pipeline import run_experiment

    lines: list[str] = []
    folder = run_experiment(
        tiny_config(run, *overrides), root, say=lines.append, progress=Quiet(), **options
    )
    return folder, lines


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished tiny run7; tests must not change it."""
    folder, _ = train_tiny(tmp_path_factory.mktemp("finished"))
    return folder


@pytest.fixture(scope="session")
def finished_stream_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished tiny run8-stream; tests must not change it."""
    folder, _ = train_tiny(tmp_path_factory.mktemp("stream"), "run8-stream")
    return folder
