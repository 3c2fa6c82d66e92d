"""`mheight predict`: heights for a test set, learned or exact."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mheight.cli.console import out, progress_bar, say
from mheight.cli.sample_options import SAMPLES, SHOWN, LabelColumn, LabelsFile, tell_faults
from mheight.cli.sources import ParityCheck, Systematic, matrix_kind
from mheight.errors import InvalidCodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mheight.datasets import ExactHeights, LabelFault, Samples
    from mheight.evaluation.predictions import Predictions

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
            "--run", "-r", help="A bundle or a finished run; else the model of the package."
        ),
    ] = None,
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
) -> None:
    """Predict the heights of a test set, in the order of the input.

    CSV, Parquet and JSON get the ends of an interval and a flag beside each height.
    Infinite heights are recognised, not predicted.  Where the input has heights, the
    prediction is scored against the exact ones, by group.
    """
    from itertools import chain

    from mheight.datasets import exact_labels, sample_blocks
    from mheight.datasets.height_files import HeightFile, check_output
    from mheight.datasets.sample_files import count_samples
    from mheight.errors import InvalidDataError
    from mheight.files import require_apart

    wanted = _kind(kind, systematic, parity_check)
    check_output(output, submit=submit)
    if method is not Method.MODEL and run is not None:
        raise InvalidDataError(f"--run names a model, but --method {method} uses none")
    require_apart([output], [file, labels, run])
    blocks = sample_blocks(file, m, wanted, labels=labels, label=label_column)
    first = next(blocks)  # what is wrong with the input is said before a model is loaded
    predictions = _model(run) if method is Method.MODEL else None
    tally = _Tally(exact_labels)
    with (
        progress_bar("predicting", count_samples(file)) as advance,
        HeightFile(output, submit=submit) as target,
    ):
        for block in chain([first], blocks):
            heights, more = tally.add(block, predictions)
            target.write(block, heights, more)
            advance(len(block))
    tally.tell(output, file, predictions is None)


def _kind(
    named: Literal["G", "P", "H"] | None, systematic: bool, parity_check: bool
) -> Literal["G", "P", "H"] | None:
    """What matrices alone are."""
    kind = matrix_kind(systematic, parity_check)
    if named is not None and kind is not None and named != kind:
        raise InvalidCodeError(f"matrices are {kind} by -{kind} and {named} by --as: choose one")
    return named or kind


def _model(run: Path | None) -> Callable[[Samples], Predictions]:
    """What predicts: a bundle, which needs no Keras, or a run."""
    from mheight.deployment import Predictor

    if run is not None and (run / "config.toml").is_file():
        say("loading Keras and JAX")
        from mheight.experiments.trained_run import TrainedRun

        return TrainedRun.load(run).predict
    return Predictor.load(run).predict


class _Tally:
    """What is told at the end: counts, and errors by group where there are labels."""

    def __init__(self, exact: Callable[[Samples], ExactHeights]) -> None:
        self.rows = self.infinite = self.foreign = self.doubtful = 0
        self.given = self.wrong = 0
        self.faults: list[LabelFault] = []
        self.doubt: str | None = None
        self._exact = exact
        self._parts: list[tuple[Any, Any, Any]] = []

    def add(
        self, block: Samples, predictions: Callable[[Samples], Predictions] | None
    ) -> tuple[Any, dict[str, Any] | None]:
        """Heights of a block, and columns beside them."""
        import numpy as np

        from mheight.datasets import label_faults
        from mheight.evaluation.predictions import IN_DOUBT

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
            found = predictions(block)
            heights = np.exp2(found.log2_heights)
            more = {"low": np.exp2(found.low), "high": np.exp2(found.high), "flag": found.flags}
            infinite = np.isinf(found.log2_heights)
            foreign = (found.flags != "") & (found.flags != IN_DOUBT) & ~infinite
            self.foreign += int(foreign.sum())
            if not labelled:
                self.doubtful += int(np.char.endswith(found.flags, IN_DOUBT).sum())
        self.rows += len(block)
        self.infinite += int(np.isinf(heights).sum())
        if labelled:
            finite = np.isfinite(exact)
            self.given += len(block)
            faults = label_faults(block, exact)
            self.wrong += len(faults)
            self.faults = [*self.faults, *faults][:SHOWN]
            logs = np.log2(exact[finite]), np.log2(heights[finite]), block.group[finite]
            self._parts.append(logs)
        return heights, more

    def tell(self, output: Path, source: Path, exact: bool) -> None:
        """Print what was done."""
        import numpy as np

        from mheight.datasets.height_files import has_columns
        from mheight.evaluation import scores_table
        from mheight.metrics import score

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
            values = [np.concatenate(parts) for parts in zip(*self._parts, strict=True)]
            tell_faults(self.faults, self.wrong, self.given, "scored against exact ones")
            if len(values[0]):
                out(scores_table(source.name, {"scored": score(*values)}))
                if not exact:
                    out("codes seen in training are not left out here; mheight evaluate does that")
