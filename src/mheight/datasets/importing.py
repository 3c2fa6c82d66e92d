"""Checking foreign samples before they become a data set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mheight.datasets.labelling import exact_labels, orbit_numbers
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError

__all__ = ["ImportReport", "check_import"]

LABEL_TOLERANCE = 1e-6
"""A given height is wrong when it differs from the exact one by more, relatively."""


@dataclass(frozen=True)
class ImportReport:
    """What was found in imported samples.

    Attributes:
        rows: rows read.
        groups: rows in each group.
        exact_repeats: rows that repeat an earlier row's (k, m, P).
        distinct_matrices: different P, whatever m.
        inequivalent_codes: classes of codes up to symmetry, whatever m.
        infinite_heights: rows whose exact height is infinite, by group; left out.
        labels_given: whether heights came with the rows.
        wrong_labels: finite exact heights that the given label misses by more than 1e-6,
            by group; the exact height is stored.
        labels_finite_where_infinite: given labels that are finite though the height is not,
            by group; those rows are among the infinite ones.
        largest_relative_error: of the labels that are right.
        heights_in_doubt: rows whose exact height rounding leaves in doubt, by group; the
            finite ones are stored all the same.
        first_doubt: what is in doubt in the first of them; empty if there is none.
        kept: rows stored.
    """

    rows: int
    groups: dict[str, int]
    exact_repeats: int
    distinct_matrices: int
    inequivalent_codes: int
    infinite_heights: dict[str, int]
    labels_given: bool
    wrong_labels: dict[str, int]
    labels_finite_where_infinite: dict[str, int]
    largest_relative_error: float
    heights_in_doubt: dict[str, int]
    first_doubt: str
    kept: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the manifest."""
        return asdict(self)


def check_import(samples: Samples) -> tuple[Samples, ImportReport]:
    """Recompute every height, leave out rows of infinite height, and report.

    Args:
        samples: as read, with or without heights.

    Returns:
        The rows of finite height with their exact heights, and the report.

    Raises:
        InvalidDataError: no row is left.
    """
    labels = exact_labels(samples)
    exact = labels.heights
    finite = np.isfinite(exact)
    given = samples.heights
    nothing = np.zeros(len(samples), dtype=bool)
    wrong, falsely_finite, largest = nothing, nothing, 0.0
    if given is not None:
        falsely_finite = ~finite & np.isfinite(given)
        with np.errstate(invalid="ignore"):
            error = np.abs(given / exact - 1.0)
        wrong = finite & ~(error <= LABEL_TOLERANCE)
        right = finite & ~wrong
        largest = float(error[right].max()) if right.any() else 0.0
    if not finite.any():
        raise InvalidDataError("every sample has an infinite height: none is left")
    rows = np.column_stack([samples.k, samples.parity])
    kept = samples.take(finite).with_heights(exact[finite])
    report = ImportReport(
        rows=len(samples),
        groups=samples.counts(),
        exact_repeats=len(samples) - len(np.unique(np.column_stack([rows, samples.m]), axis=0)),
        distinct_matrices=len(np.unique(rows, axis=0)),
        inequivalent_codes=len(np.unique(orbit_numbers(samples))),
        infinite_heights=_nonzero(samples.take(~finite)),
        labels_given=given is not None,
        wrong_labels=_nonzero(samples.take(wrong)),
        labels_finite_where_infinite=_nonzero(samples.take(falsely_finite)),
        largest_relative_error=largest,
        heights_in_doubt=_nonzero(samples.take(labels.doubtful)),
        first_doubt=labels.text() or "",
        kept=len(kept),
    )
    return kept, report


def _nonzero(samples: Samples) -> dict[str, int]:
    return {name: count for name, count in samples.counts().items() if count}
