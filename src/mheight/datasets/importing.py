"""Checking foreign samples before they become a data set."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets.any_length import AnySamples
from mheight.datasets.labelling import exact_labels, orbit_numbers
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError

__all__ = ["ImportReport", "LabelFault", "check_import", "label_faults"]

LABEL_TOLERANCE = 1e-6
"""A given height is wrong when it differs from the exact one by more, relatively."""


@dataclass(frozen=True)
class LabelFault:
    """A height that was given and is wrong.

    Attributes:
        sample: number of the sample.
        n: length of its code.
        k: dimension of its code.
        m: index of its height.
        given: the height as given.
        exact: the height.
    """

    sample: int
    n: int
    k: int
    m: int
    given: float
    exact: float

    def __str__(self) -> str:
        sizes = f"(n,k,m) = ({self.n},{self.k},{self.m})"
        return f"sample {self.sample}, {sizes}: given {self.given!r}, exact {self.exact!r}"


def label_faults(samples: Samples | AnySamples, exact: NDArray[np.float64]) -> list[LabelFault]:
    """The heights of samples that are wrong: by more than 1e-6, relatively, or NaN.

    Args:
        samples: with or without heights.
        exact: their exact heights, shape (N,); may be infinite.
    """
    if samples.heights is None:
        return []
    at = np.flatnonzero(~(_errors(samples.heights, exact) <= LABEL_TOLERANCE))
    columns = (samples.sample_id, samples.n, samples.k, samples.m, samples.heights, exact)
    return [LabelFault(*row) for row in zip(*(c[at].tolist() for c in columns), strict=True)]


def _errors(given: NDArray[np.float64], exact: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative errors, shape (N,); infinity for infinity is none."""
    with np.errstate(all="ignore"):
        return np.where(given == exact, 0.0, np.abs(given / exact - 1.0))


@dataclass(frozen=True)
class ImportReport:
    """What was found in imported samples.

    Attributes:
        rows: rows read.
        groups: rows in each group.
        exact_repeats: rows that repeat an earlier row's (n, k, m, P).
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
        faults: the labels that are wrong, with their rows; not part of `as_dict`.
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
    faults: tuple[LabelFault, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the manifest."""
        values = asdict(replace(self, faults=()))
        del values["faults"]
        return values

    def faults_csv(self) -> str:
        """The wrong labels as CSV, with the number of each row."""
        lines = [
            f"{fault.sample},{fault.n},{fault.k},{fault.m},{fault.given!r},{fault.exact!r}"
            for fault in self.faults
        ]
        return "\n".join(["sample,n,k,m,given,exact", *lines, ""])

    def require_kept(self) -> None:
        """Refuse where no row is left.

        Raises:
            InvalidDataError: every height is infinite.
        """
        if not self.kept:
            raise InvalidDataError("every sample has an infinite height: none is left")


def check_import(samples: Samples) -> tuple[Samples, ImportReport]:
    """Recompute every height, leave out rows of infinite height, and report.

    Args:
        samples: as read, with or without heights.

    Returns:
        The rows of finite height with their exact heights, perhaps none, and the report.
    """
    labels = exact_labels(samples)
    exact = labels.heights
    finite = np.isfinite(exact)
    given = samples.heights
    nothing = np.zeros(len(samples), dtype=bool)
    wrong, falsely_finite, largest = nothing, nothing, 0.0
    if given is not None:
        error = _errors(given, exact)
        right = error <= LABEL_TOLERANCE
        wrong, falsely_finite = finite & ~right, ~finite & ~right
        largest = float(error[finite & right].max(initial=0.0))
    rows = np.column_stack([samples.n, samples.k, samples.parity])
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
        faults=tuple(label_faults(samples, exact)),
    )
    return kept, report


def _nonzero(samples: Samples) -> dict[str, int]:
    return {name: count for name, count in samples.counts().items() if count}
