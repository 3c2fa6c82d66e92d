"""Scores of a run on a data set: `mheight evaluate` writes them, `mheight export` reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mheight.errors import BundleError, MheightError
from mheight.evaluation.calibration import Coverage
from mheight.metrics import Scores

__all__ = ["MeasuredScores"]


@dataclass(frozen=True)
class MeasuredScores:
    """What was measured of a run, or of an average of runs.

    Attributes:
        run: its name.
        data: name of the data set.
        rows: of the data set.
        infinite_left_out: rows of infinite height.
        seen_in_training_left_out: rows of codes that training saw.
        scores: on the other rows.
        intervals: what they held; None for averages.
        flagged: rows unlike the training codes.
    """

    run: str
    data: str
    rows: int
    infinite_left_out: int
    seen_in_training_left_out: int
    scores: Scores
    intervals: Coverage | None
    flagged: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "run": self.run,
            "data": self.data,
            "rows": self.rows,
            "infinite_left_out": self.infinite_left_out,
            "seen_in_training_left_out": self.seen_in_training_left_out,
            "scores": self.scores.as_dict(),
            "intervals": None if self.intervals is None else self.intervals.as_dict(),
            "flagged": self.flagged,
        }

    @classmethod
    def read(cls, path: Path) -> MeasuredScores:
        """Read what `mheight evaluate --output` wrote.

        Raises:
            BundleError: it is something else.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            scores, held = Scores.from_dict(values.pop("scores")), values.pop("intervals")
            return cls(
                scores=scores, intervals=None if held is None else Coverage(**held), **values
            )
        except (ValueError, KeyError, TypeError, AttributeError, MheightError):
            raise BundleError(f"{path}: no scores of `mheight evaluate --output`") from None
