"""`mheight predict`: heights for a test set, learned or exact."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.cli.console import out, progress_bar
from mheight.cli.job_options import ClusterOption, JobOptions, PartOption
from mheight.cli.job_running import beside as beside_output
from mheight.cli.predict_job import Asked, KeptPredictions
from mheight.cli.predict_models import Predict, PredictedBlock, groups_of
from mheight.cli.predict_options import (
    CourseFormat,
    FormerKind,
    HeightOfMatrices,
    HeightsFile,
    Method,
    Model,
    Options,
    OtherModels,
    SamplesOrMatrices,
    Way,
    one_kind,
)
from mheight.cli.run_options import Copies
from mheight.cli.sample_options import SHOWN, LabelColumn, LabelsFile, tell_faults
from mheight.cli.source_options import ParityCheck, Systematic, matrix_kind
from mheight.datasets import LabelFault, Samples, exact_labels, label_faults
from mheight.datasets.height_files import HeightFile, has_columns
from mheight.datasets.sample_files import count_samples
from mheight.evaluation import scores_table
from mheight.evaluation.predictions import IN_DOUBT
from mheight.metrics import score
from mheight.tiers import Groups

__all__ = ["predict"]


def predict(
    file: SamplesOrMatrices,
    output: HeightsFile,
    run: Model = None,
    beside: OtherModels = None,
    copies: Copies = 0,
    method: Way = Method.MODEL,
    m: HeightOfMatrices = None,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    kind: FormerKind = None,
    labels: LabelsFile = None,
    label_column: LabelColumn = None,
    submit: CourseFormat = False,
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
    options = Options(
        file, output, Asked(run, tuple(beside or ()), copies), method, m,
        one_kind(kind, matrix_kind(systematic, parity_check)), labels, label_column, submit,
    )  # fmt: skip
    groups = groups_of(run) if options.is_learned else None
    blocks = options.blocks(groups)
    begun = list(islice(blocks, 2))  # what is wrong with them is said before a model is loaded
    kept: KeptPredictions | None = None
    if options.is_learned and (
        len(begun) > 1 or not jobs.is_plain or beside_output(output).exists()
    ):
        kept = KeptPredictions(file, options.asked, {"m": m, "kind": options.kind}, output)
        if not jobs.is_plain and not kept.run(options.blocks(groups), jobs, count_samples(file)):
            return
    predictions: Predict | None = None
    if options.is_learned:
        predictions = options.asked.model() if kept is None else kept.predict
    tally = _write(options, chain(begun, blocks), predictions)
    if kept is not None:
        kept.remove()
    tally.tell(output, file, predictions is None)


def _write(options: Options, blocks: Iterable[Samples], predictions: Predict | None) -> _Tally:
    """Predict block by block, or calculate if nothing predicts, and write each at once."""
    tally = _Tally()
    with (
        progress_bar("predicting", count_samples(options.file)) as advance,
        HeightFile(options.output, submit=options.submit) as target,
    ):
        for block in blocks:
            heights, columns = tally.add(block, predictions)
            target.write(block, heights, columns)
            advance(len(block))
    return tally


class _Tally:
    """What is told at the end: counts, and errors by group where there are labels."""

    def __init__(self) -> None:
        self.rows = self.infinite = self.foreign = self.doubtful = 0
        self.given = self.wrong = 0
        self.faults: list[LabelFault] = []
        self.doubt: str | None = None
        self._parts: list[tuple[Any, ...]] = []

    def add(
        self, block: Samples, predictions: Predict | None
    ) -> tuple[NDArray[np.float64], dict[str, NDArray[Any]]]:
        """Heights of a block, and columns beside them."""
        # Computed here once: what predicts and what scores both look at them.
        exact = exact_labels(block) if block.heights is not None or predictions is None else None
        if exact is not None:
            self.doubtful += int(exact.doubtful.sum())
            self.doubt = self.doubt or exact.text(self.rows)
        if predictions is not None:
            found = predictions(block, self.rows, exact)
            heights, columns = np.exp2(found.log2_heights), found.columns
            self._count_flags(found, doubts_too=exact is None)
        else:
            assert exact is not None
            heights, columns = exact.heights, {"doubt": exact.texts}
        self.rows += len(block)
        self.infinite += int(np.isinf(heights).sum())
        if block.heights is not None and exact is not None:
            self._compare(block, heights, exact.heights)
        return heights, columns

    def _count_flags(self, found: PredictedBlock, *, doubts_too: bool) -> None:
        flag, infinite = found.flag, np.isinf(found.log2_heights)
        self.foreign += int(((flag != "") & (flag != IN_DOUBT) & ~infinite).sum())
        if doubts_too:
            self.doubtful += int(np.char.endswith(flag, IN_DOUBT).sum())

    def _compare(
        self, block: Samples, heights: NDArray[np.float64], exact: NDArray[np.float64]
    ) -> None:
        """Take note of errors of the predictions, and of wrong heights among those given."""
        finite = np.isfinite(exact)
        self.given += len(block)
        faults = label_faults(block, exact)
        self.wrong += len(faults)
        self.faults = [*self.faults, *faults][:SHOWN]
        sizes = (column[finite] for column in (block.n, block.k, block.m))
        self._parts.append((np.log2(exact[finite]), np.log2(heights[finite]), *sizes))

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
