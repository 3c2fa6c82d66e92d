"""The leak audit: evidence, before the first epoch, that validation is clean.

Every check looks at the data itself, not at flags that say how it was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets.augmentation import AugmentedTraining
from mheight.datasets.labelling import exact_heights, orbit_numbers
from mheight.datasets.samples import Samples
from mheight.datasets.split import ValidationView
from mheight.errors import LeakError

__all__ = ["AuditCheck", "AuditReport", "audit"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_LABEL_TOLERANCE = 1e-6

_NEAR = 0.5
"""A noisy copy lies within this fraction of its parent's norm; unrelated codes lie at
about 1.4."""


@dataclass(frozen=True)
class AuditCheck:
    """One check: what was looked for, how many offending rows were found, an example."""

    name: str
    question: str
    found: int
    example: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return self.found == 0


@dataclass(frozen=True)
class AuditReport:
    """All checks, and how many rows they looked at."""

    training_originals: int
    training_rows: int
    validation_rows: int
    checks: tuple[AuditCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def require_clean(self) -> None:
        """Raise unless every check passed.

        Raises:
            LeakError: names the checks that failed, with an example of each.
        """
        failed = [check for check in self.checks if not check.passed]
        if failed:
            details = "; ".join(
                f"{check.name}: {check.found} rows ({check.example})" for check in failed
            )
            raise LeakError(f"validation data leaked into training: {details}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the report."""
        checks = [{**asdict(check), "passed": check.passed} for check in self.checks]
        return {**asdict(self), "checks": checks, "passed": self.passed}


def audit(
    training: AugmentedTraining,
    validation: ValidationView,
    statistics_error: Callable[[AugmentedTraining], str | None],
    sources: Samples | None = None,
) -> AuditReport:
    """Look for every known way in which validation data reaches training.

    Args:
        training: originals and copies, with the parent of each copy.
        validation: the other side.
        statistics_error: given the training data, says what is wrong with the statistics
            that features were fitted with (they must follow from the training originals),
            or None.
        sources: the data set before the split; with it, the audit also checks that every
            sample is on exactly one side and that validation rows are unchanged.
    """
    rows, originals, held_out = training.samples, training.originals.samples, validation.samples
    checks = [
        _exact_rows(rows, held_out),
        *_equivalent_codes(rows, held_out),
        _parents(training, held_out),
        _labels(rows, held_out),
    ]
    message = statistics_error(training)
    checks.append(
        AuditCheck(
            "fitted statistics",
            "do the fitted statistics differ from those of the training originals?",
            0 if message is None else 1,
            message or "",
        )
    )
    if sources is not None:
        checks.append(_partition(originals, held_out, sources))
    return AuditReport(len(originals), len(rows), len(held_out), tuple(checks))


def _exact_rows(rows: Samples, held_out: Samples) -> AuditCheck:
    def keys(samples: Samples) -> list[bytes]:
        columns = np.column_stack([samples.n, samples.k, samples.m, samples.parity + 0.0])
        return [row.tobytes() for row in columns]

    seen = set(keys(rows))
    offenders = [i for i, key in enumerate(keys(held_out)) if key in seen]
    return AuditCheck(
        "exact rows",
        "validation rows whose (k, m, P) is a training row",
        len(offenders),
        _example(held_out, offenders),
    )


def _equivalent_codes(rows: Samples, held_out: Samples) -> tuple[AuditCheck, AuditCheck]:
    """Codes on both sides: under the same m, and under another m."""
    both = Samples.concatenate([rows, held_out])
    orbits = orbit_numbers(both)
    train_orbits, val_orbits = orbits[: len(rows)], orbits[len(rows) :]
    shared = np.isin(val_orbits, train_orbits)
    # 64 is more than any m, so orbit and m make one number.
    same_m = np.isin(val_orbits * 64 + held_out.m, train_orbits * 64 + rows.m)
    equivalent = np.flatnonzero(shared & same_m)
    other_m = np.flatnonzero(shared & ~same_m)
    return (
        AuditCheck(
            "equivalent codes",
            "validation rows whose code is equivalent to one in training",
            len(equivalent),
            _example(held_out, equivalent),
        ),
        AuditCheck(
            "same code, another m",
            "validation rows whose code stands in training under another m",
            len(other_m),
            _example(held_out, other_m),
        ),
    )


def _parents(training: AugmentedTraining, held_out: Samples) -> AuditCheck:
    """Copies must descend from training originals: by number, and by what they are.

    The number says where a copy claims to come from; whether it really does shows in
    its entries (noise moves P by a fraction of its norm) or, for a symmetry, in its
    minors, which are those of its parent.
    """
    originals, copies = training.originals.samples, training.copies
    parents = training.parent_id[len(originals) :]
    known = np.isin(parents, originals.sample_id) & ~np.isin(parents, held_out.sample_id)
    akin = np.zeros(len(copies), dtype=bool)
    if known.any():
        by_id = np.argsort(originals.sample_id, kind="stable")
        position = by_id[np.searchsorted(originals.sample_id, parents[known], sorter=by_id)]
        akin[known] = _akin(copies.take(known), originals.take(position))
    offenders = np.flatnonzero(~known | ~akin)
    return AuditCheck(
        "parents of copies",
        "augmented rows that do not descend from a training original",
        len(offenders),
        _example(copies, offenders),
    )


def _akin(copies: Samples, parents: Samples) -> Bool:
    """Whether each copy is a near or an equivalent code of its parent, shape (N,)."""
    same_shape = copies.group == parents.group
    distance = np.linalg.norm(copies.parity - parents.parity, axis=1)
    near = distance <= _NEAR * np.linalg.norm(parents.parity, axis=1)
    far = np.flatnonzero(same_shape & ~near)
    akin = same_shape & near
    if len(far):
        orbits = orbit_numbers(Samples.concatenate([copies.take(far), parents.take(far)]))
        akin[far] = orbits[: len(far)] == orbits[len(far) :]
    return np.asarray(akin)


def _labels(rows: Samples, held_out: Samples) -> AuditCheck:
    """Labels must be the exact heights: a copied label tells of its source."""
    wrong, example = 0, ""
    for samples in (rows, held_out):
        exact = exact_heights(samples)
        with np.errstate(invalid="ignore"):
            bad = np.flatnonzero(~(np.abs(samples.labels / exact - 1.0) <= _LABEL_TOLERANCE))
        wrong += len(bad)
        example = example or _example(samples, bad)
    return AuditCheck(
        "labels", "rows whose label is not the exact height of their code", wrong, example
    )


def _partition(originals: Samples, held_out: Samples, sources: Samples) -> AuditCheck:
    """Every source row stands unchanged on exactly one side."""
    both = Samples.concatenate([originals, held_out])
    order, expected = np.argsort(both.sample_id, kind="stable"), np.argsort(sources.sample_id)
    if len(both) != len(sources):
        return AuditCheck(
            "partition",
            "source rows missing from, or changed in, the two sides",
            abs(len(both) - len(sources)),
            f"{len(sources)} source rows, {len(both)} after the split",
        )
    left, right = both.take(order), sources.take(expected)
    changed = np.flatnonzero(
        (left.sample_id != right.sample_id)
        | (left.group != right.group)
        | (left.parity != right.parity).any(axis=1)
    )
    return AuditCheck(
        "partition",
        "source rows missing from, or changed in, the two sides",
        len(changed),
        _example(left, changed),
    )


def _example(samples: Samples, offenders: Int | list[int]) -> str:
    if not len(offenders):
        return ""
    i = int(offenders[0])
    sizes = f"({samples.n[i]},{samples.k[i]},{samples.m[i]})"
    return f"sample {int(samples.sample_id[i])}, (n,k,m) = {sizes}"
