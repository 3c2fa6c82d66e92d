"""The options of `mheight heights`, and what goes with what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mheight.cli.heights_work import Request
from mheight.cli.rendering import Format
from mheight.codes.reading import Kind
from mheight.errors import InvalidCodeError, InvalidDataError

__all__ = [
    "CLAIM_DIFFERS",
    "AsJson",
    "Capability",
    "Claimed",
    "Exact",
    "Form",
    "Options",
    "OutputFile",
    "SearchMethod",
    "Source",
    "TimeLimit",
    "Tolerance",
    "Way",
    "Witness",
    "ZeroTolerance",
]

CLAIM_DIFFERS = 3
"""Exit status when a claimed height is not the height."""


class SearchMethod(StrEnum):
    """Ways to a height."""

    AUTO = "auto"
    LATTICE = "lattice"
    BRANCH_AND_BOUND = "branch-and-bound"


Source = Annotated[
    str | None,
    typer.Argument(
        show_default="",
        help="A matrix, '1 0 1/3; 0 1 0.5', [[1,0,1],[0,1,1]], or as MATLAB, NumPy or LaTeX "
        "write it; a file of matrices (.json, .jsonl, .csv, .tsv, .txt, .dat, .npy, .npz, "
        ".mat, .parquet, .pkl, and .gz after each); a file of samples n, k, m, P; or - for "
        "standard input.",
    ),
]
Exact = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="Rational arithmetic: 1/3 and 0.1 are meant exactly; nothing is rounded.",
    ),
]
Claimed = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE",
        help="With -m: judge, exactly, whether h_m is this (154/5, 30.8, inf). "
        f"Exit status 0 if it is, {CLAIM_DIFFERS} if not.",
    ),
]
Tolerance = Annotated[
    str | None,
    typer.Option(metavar="VALUE", help="With --claimed: relative difference to allow. [0]"),
]
ZeroTolerance = Annotated[
    float | None,
    typer.Option(
        metavar="VALUE",
        help="For measured matrices: an entry of a codeword counts as zero where it is at most "
        "this part of the largest, so a height of at least 1/VALUE is infinite. "
        "0: entries count exactly as they are.",
    ),
]
Witness = Annotated[
    bool,
    typer.Option(
        "--witness",
        help="Add a codeword that reaches each height, with its largest position, the m "
        "larger positions and an information set; positions count from 0.",
    ),
]
Capability = Annotated[
    bool,
    typer.Option(
        "--capability",
        help="How many outliers are located and detected, and from which Delta/delta on.",
    ),
]
Way = Annotated[
    SearchMethod,
    typer.Option(
        help="lattice: all heights at once, n <= 26; branch-and-bound: one by one, any n.",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="For each code; when it ends, or on Ctrl-C, the bounds so far are shown. "
        "[60 for all heights of a code too long for the lattice]",
    ),
]
Form = Annotated[Format, typer.Option("--format", help="How tables are written.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help=".jsonl, .parquet or .csv to write; for samples also .pkl."
    ),
]


@dataclass(frozen=True)
class Options:
    """What was asked for, checked: which options go with which.

    Attributes:
        kind: what the matrices are, where the user says so.
        m: only this height; None for all.
        exact: whether to calculate in fractions.
        claimed: a height to judge; None for none.
        tolerance: of the claim.
        zero_tolerance: what counts as zero, as for `height_profile`.
        witness: whether certificates are wanted.
        capability: whether the outliers located and detected are wanted.
        method: how to find heights.
        time_limit: seconds for a code; None for none, or the usual.
        form: how tables are written.
        as_json: whether JSON lines are wanted instead of tables.
        output: a file to write.
        labels: a file of heights to check, of samples.
        label_column: where the samples hold their heights.
    """

    kind: Kind | None
    m: int | None
    exact: bool
    claimed: str | None
    tolerance: str | None
    zero_tolerance: float | None
    witness: bool
    capability: bool
    method: SearchMethod
    time_limit: float | None
    form: Format
    as_json: bool
    output: Path | None
    labels: Path | None
    label_column: str | None

    def __post_init__(self) -> None:
        if (self.exact or self.claimed is not None) and self.is_search:
            raise InvalidCodeError("--exact and --claimed go without --method and --time-limit")
        if self.witness and self.capability:
            raise InvalidCodeError("--witness and --capability are two tables: choose one")
        if self.claimed is not None and (
            self.m is None or self.witness or self.capability or self.as_json or self.output
        ):
            raise InvalidCodeError(
                "--claimed needs -m, and goes without --witness, --capability, --json and --output"
            )
        if self.tolerance is not None and self.claimed is None:
            raise InvalidCodeError("--tolerance goes with --claimed")
        limit = self.time_limit
        if limit is not None and (not limit > 0 or self.method is SearchMethod.LATTICE):
            raise InvalidCodeError(
                "--time-limit must be positive, and goes without --method lattice, "
                "which can't be stopped"
            )
        if self.as_json and self.output is not None:
            raise InvalidDataError("--json goes to standard output: leave out --json or --output")
        if self.form is not Format.TEXT and (
            self.as_json or self.output is not None or self.claimed is not None
        ):
            raise InvalidDataError("--format goes without --json, --output and --claimed")

    @property
    def is_search(self) -> bool:
        """Whether a way of searching, or its end, is asked for."""
        return self.method is not SearchMethod.AUTO or self.time_limit is not None

    @property
    def request(self) -> Request:
        """What is wanted of each code."""
        return Request(
            self.m, self.exact, self.witness, self.capability, self.method.value,
            self.time_limit, self.zero_tolerance,
        )  # fmt: skip

    def refuse_for_samples(self) -> None:
        """Samples say themselves what is wanted of them.

        Raises:
            InvalidDataError: something else is asked for.
        """
        measured = self.zero_tolerance is not None
        others = (self.kind, self.m, self.claimed, self.exact, self.witness, self.capability)
        if any(option not in (None, False) for option in (*others, self.is_search, measured)):
            raise InvalidDataError(
                "samples say themselves which P and m: leave out -P and -m, and all options "
                "but --output"
            )

    def refuse_for_matrices(self) -> None:
        """Matrices have no heights beside them.

        Raises:
            InvalidDataError: such are asked for.
        """
        if self.labels is not None or self.label_column is not None:
            raise InvalidDataError("--labels and --label-column go with samples, which say their m")
