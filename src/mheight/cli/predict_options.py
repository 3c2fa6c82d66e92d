"""The options of `mheight predict`, and what goes with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from mheight.cli.predict_job import Asked
from mheight.cli.sample_options import SAMPLES
from mheight.datasets import Samples, sample_blocks
from mheight.datasets.height_files import check_output
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.files import require_apart
from mheight.tiers import Groups

__all__ = [
    "CourseFormat",
    "FormerKind",
    "HeightOfMatrices",
    "HeightsFile",
    "MatrixKind",
    "Method",
    "Model",
    "Options",
    "OtherModels",
    "SamplesOrMatrices",
    "Way",
    "one_kind",
]


class Method(StrEnum):
    """How heights are found."""

    MODEL = "model"
    EXACT = "exact"
    AUTO = "auto"


MatrixKind = Literal["G", "P", "H"]

SamplesOrMatrices = Annotated[Path, typer.Argument(help=SAMPLES + " Or matrices alone, .npy too.")]
HeightsFile = Annotated[
    Path,
    typer.Option(
        "--output", "-o", help="File to write: .csv, .parquet, .json, .jsonl, .npy or .pkl."
    ),
]
Model = Annotated[
    Path | None,
    typer.Option(
        "--run",
        "-r",
        help="A bundle, a finished run or its best_model_NAME.h5; else the model of the package.",
    ),
]
OtherModels = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="RUN", help="Another one to average with; repeatable."),
]
Way = Annotated[
    Method,
    typer.Option(
        help="model: the network; exact: the exact height; auto: exact where that costs "
        "less than the network, which at n = 9 is always."
    ),
]
HeightOfMatrices = Annotated[
    int | None, typer.Option("-m", help="Matrices alone: which height; else all of a group.")
]
FormerKind = Annotated[
    MatrixKind | None, typer.Option("--as", hidden=True)  # the former spelling
]
CourseFormat = Annotated[
    bool, typer.Option("--submit", help="Write the course's format: a pickled list of floats.")
]


@dataclass(frozen=True)
class Options:
    """What was asked for, checked: which options go with which.

    Attributes:
        file: samples, or matrices alone.
        output: the file to write.
        asked: the models.
        method: how heights are found.
        m: which height of matrices alone; None for all of a group.
        kind: what matrices alone are, where the user says so.
        labels: a file of heights to check.
        label_column: where the samples hold their heights.
        submit: whether the course's format is wanted.
    """

    file: Path
    output: Path
    asked: Asked
    method: Method
    m: int | None
    kind: MatrixKind | None
    labels: Path | None
    label_column: str | None
    submit: bool

    def __post_init__(self) -> None:
        check_output(self.output, submit=self.submit)
        asked = self.asked
        if not self.is_learned and (asked.run is not None or asked.beside or asked.copies):
            raise InvalidDataError(
                f"--run, --with and --copies are about models, but --method {self.method} uses none"
            )
        require_apart([self.output], [self.file, self.labels, asked.run])

    @property
    def is_learned(self) -> bool:
        """Whether a model predicts, rather than the exact engine."""
        return self.method is Method.MODEL

    def blocks(self, groups: Groups | None) -> Iterator[Samples]:
        """The samples, from the beginning.

        Args:
            groups: those that matrices alone may be of; None for any.
        """
        return sample_blocks(
            self.file, self.m, self.kind,
            labels=self.labels, label=self.label_column, groups=groups,
        )  # fmt: skip


def one_kind(former: MatrixKind | None, kind: MatrixKind | None) -> MatrixKind | None:
    """What matrices alone are, by `--as` or by `-P` and `-H`.

    Raises:
        InvalidCodeError: they contradict each other.
    """
    if former is not None and kind is not None and former != kind:
        raise InvalidCodeError(f"matrices are {kind} by -{kind} and {former} by --as: choose one")
    return former or kind
