"""`mheight predict`: heights for a test set, learned or exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from mheight.cli.console import out, progress_bar
from mheight.cli.job_running import ClusterOption, JobOptions, PartOption
from mheight.cli.job_running import beside as beside_output
from mheight.cli.predict_job import Asked, KeptPredictions
from mheight.cli.predict_models import Predict, groups_of
from mheight.cli.sample_options import SAMPLES, SHOWN, LabelColumn, LabelsFile, tell_faults
from mheight.cli.source_options import ParityCheck, Systematic, matrix_kind
from mheight.datasets import (
    ExactHeights,
    LabelFault,
    Samples,
    exact_labels,
    label_faults,
    sample_blocks,
)
from mheight.datasets.height_files import HeightFile, check_output, has_columns
from mheight.datasets.sample_files import count_samples
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.evaluation import scores_table
from mheight.evaluation.predictions import IN_DOUBT
from mheight.files import require_apart
from mheight.metrics import score
from mheight.tiers import Groups

__all__ = ["predict"]


class Method(StrEnum):
    """How heights are found."""

    MODEL = "model"
    EXACT = "exact"
    AUTO = "auto"


def predict(
    file: Annotated[Path, typer.Argument(help=SAMPLES + " Or matrices alone, .npy too.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="File to write: .csv, .parquet, .json, .jsonl, .npy or .pkl."
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(
            "--run",
            "-r",
            help="A bundle, a finished run or its best_model_NAME.h5; else the model of the "
            "package.",
        ),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="RUN", help="Another one to average with; repeatable."),
    ] = None,
    copies: Annotated[
        int,
        typer.Option(min=0, max=1000, help="Symmetric copies of each code to average over."),
    ] = 0,
    method: Annotated[
        Method,
        typer.Option(
            help="model: the network; exact: the exact height; auto: exact where that costs "
            "less than the network, which at n = 9 is always."
        ),
    ] = Method.MODEL,
    m: Annotated[
        int | None, typer.Option("-m", help="Matrices alone: which height; else all of a group.")
    ] = None,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    kind: Annotated[
        Literal["G", "P", "H"] | None, typer.Option("--as", hidden=True)  # the former spelling
    ] = None,
    labels: LabelsFile = None,
    label_column: LabelColumn = None,
    submit: Annotated[
        bool, typer.Option("--submit", help="Write the course's format: a pickled list of floats.")
    ] = False,
    cluster: ClusterOption = None,
    shard: PartOption = None,
) -> None:
    """Predict the heights of a test set, in the order of the input.

    CSV, Parquet and JSON get the ends of an interval and a flag beside each height; averages
    of runs or copies have no interval, as none was calibrated for them.
    Infinite heights are recognised, not predicted.  Where the input has heights, the
    prediction is scored against the exact ones, by group.  Predictions of long files are kept
    in shards beside the output until it is written: the same command goes on.
    """
    jobs = JobOptions.of(cluster, shard)
    if method is not Method.MODEL:
        jobs.refuse("exact heights in shards are what mheight heights makes")
    wanted = _kind(kind, systematic, parity_check)
    check_output(output, submit=submit)
    if method is not Method.MODEL and (run is not None or beside or copies):
        raise InvalidDataError(
            f"--run, --with and --copies are about models, but --method {method} uses none"
        )
    require_apart([output], [file, labels, run])
    groups = groups_of(run) if method is Method.MODEL else None

    def read() -> Iterator[Samples]:
        return sample_blocks(file, m, wanted, labels=labels, label=label_column, groups=groups)

    blocks = read()
    begun = list(islice(blocks, 2))  # what is wrong with them is said before a model is loaded
    predictions: Predict | None = None
    kept: KeptPredictions | None = None
    if method is Method.MODEL:
        asked = Asked(run, tuple(beside or ()), copies)
        if len(begun) > 1 or not jobs.is_plain or beside_output(output).exists():
            kept = KeptPredictions(file, asked, {"m": m, "kind": wanted}, output)
            if not jobs.is_plain and not kept.run(read(), jobs, count_samples(file)):
                return
        predictions = asked.model() if kept is None else kept.predict
    tally = _write(output, submit, chain(begun, blocks), count_samples(file), predictions)
    if kept is not None:
        kept.remove()
    tally.tell(output, file, predictions is None)


def _write(
    output: Path,
    submit: bool,
    blocks: Iterable[Samples],
    count: int | None,
    predictions: Predict | None,
) -> _Tally:
    """Predict block by block, or calculate if nothing predicts, and write each at once."""
    tally = _Tally(exact_labels)
    with (
        progress_bar("predicting", count) as advance,
        HeightFile(output, submit=submit) as target,
    ):
        for block in blocks:
            heights, more = tally.add(block, predictions)
            target.write(block, heights, more)
            advance(len(block))
    return tally


def _kind(
    named: Literal["G", "P", "H"] | None, systematic: bool, parity_check: bool
) -> Literal["G", "P", "H"] | None:
    """What matrices alone are."""
    kind = matrix_kind(systematic, parity_check)
    if named is not None and kind is not None and named != kind:
        raise InvalidCodeError(f"matrices are {kind} by -{kind} and {named} by --as: choose one")
    return named or kind


class _Tally:
    """What is told at the end: counts, and errors by group where there are labels."""

    def __init__(self, exact: Callable[[Samples], ExactHeights]) -> None:
        self.rows = self.infinite = self.foreign = self.doubtful = 0
        self.given = self.wrong = 0
        self.faults: list[LabelFault] = []
        self.doubt: str | None = None
        self._exact = exact
        self._parts: list[tuple[Any, ...]] = []

    def add(self, block: Samples, predictions: Predict | None) -> tuple[Any, dict[str, Any] | None]:
        """Heights of a block, and columns beside them."""
        labelled = block.heights is not None
        exact: Any = None
        more: dict[str, Any] | None = None
        if labelled or predictions is None:
            labels = self._exact(block)
            exact, more = labels.heights, {"doubt": labels.texts}
            self.doubtful += int(labels.doubtful.sum())
            self.doubt = self.doubt or labels.text(self.rows)
        heights: Any = exact
        if predictions is not None:
            log2_heights, more = predictions(block, self.rows)
            heights = np.exp2(log2_heights)
            infinite = np.isinf(log2_heights)
            foreign = (more["flag"] != "") & (more["flag"] != IN_DOUBT) & ~infinite
            self.foreign += int(foreign.sum())
            if not labelled:
                self.doubtful += int(np.char.endswith(more["flag"], IN_DOUBT).sum())
        self.rows += len(block)
        self.infinite += int(np.isinf(heights).sum())
        if labelled:
            finite = np.isfinite(exact)
            self.given += len(block)
            faults = label_faults(block, exact)
            self.wrong += len(faults)
            self.faults = [*self.faults, *faults][:SHOWN]
            sizes = (column[finite] for column in (block.n, block.k, block.m))
            self._parts.append((np.log2(exact[finite]), np.log2(heights[finite]), *sizes))
        return heights, more

    def tell(self, output: Path, source: Path, exact: bool) -> None:
        """Print what was done."""
        out(f"{output}: {self.rows:,} {'exact' if exact else 'predicted'} heights")
        if self.infinite:
            out(f"{self.infinite:,} are infinite: m is at least the minimum distance of the code")
        if self.doubtful:
            where = f" (column {'doubt' if exact else 'flag'})" if has_columns(output) else ""
            remark = "" if self.doubt is None else f"; {self.doubt}"
            out(f"{self.doubtful:,} exact heights are in doubt{where}{remark}")
        if self.foreign:
            remark = "are unlike those of training (column flag): trust them less"
            out(f"{self.foreign:,} codes {remark}")
        if self._parts:
            true, said, *sizes = map(np.concatenate, zip(*self._parts, strict=True))
            tell_faults(self.faults, self.wrong, self.given, "scored against exact ones")
            if len(true):
                groups = Groups.around(*sizes)
                scores = score(true, said, groups.positions(*sizes), groups)
                out(scores_table(source.name, {"scored": scores}))
                if not exact:
                    out("codes seen in training are not left out here; mheight evaluate does that")
