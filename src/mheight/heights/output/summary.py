"""What is told of heights at the end: how many there are, and what of them is in doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mheight.heights.doubts import doubt_text
from mheight.heights.output.rows import HeightRows

__all__ = ["Summary"]


@dataclass
class Summary:
    """What is told of heights at the end.

    Attributes:
        codes: how many there are.
        values: heights.
        infinite: heights.
        unknown: heights of which only bounds are known.
        doubtful: codes in doubt.
        first: number of the first code in doubt; -1 if there is none.
        doubt: what is in doubt there.
    """

    codes: int = 0
    values: int = 0
    infinite: int = 0
    unknown: int = 0
    doubtful: int = 0
    first: int = -1
    doubt: str = ""

    def __str__(self) -> str:
        bounded = f", {self.unknown:,} known by bounds only" if self.unknown else ""
        doubts = f", {self.doubtful:,} codes in doubt" if self.doubtful else ""
        return (
            f"{self.codes:,} codes, {self.values:,} heights, "
            f"{self.infinite:,} infinite{bounded}{doubts}"
        )

    def note(self, rows: HeightRows) -> None:
        """Count some rows."""
        self.codes += int(np.count_nonzero(np.diff(rows.code))) + 1
        self.values += len(rows)
        self.infinite += int(np.isinf(rows.height).sum())
        self.unknown += int(np.isnan(rows.height).sum())
        codes = {doubt.code for doubt in rows.doubts}
        if codes and self.first < 0:
            self.first = min(codes)
            self.doubt = doubt_text(rows.doubts_of(self.first)) or ""
        self.doubtful += len(codes)

    def add(self, later: Summary) -> None:
        """Count what comes after these."""
        if self.first < 0:
            self.first, self.doubt = later.first, later.doubt
        for name in ("codes", "values", "infinite", "unknown", "doubtful"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
