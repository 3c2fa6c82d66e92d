"""Random ensembles of labelled codes, reproducible from a seed.

`uniform`: the entries of P are integers uniform in [-100, 100].
`course`: each P has its own scale R, drawn from a mixture, and integer entries
uniform in [-R, R].  The mixture was chosen so that the largest magnitudes in P are
spread as in DS-1, the data of the course project: most matrices have entries up to
50 or 100, but a good part are small integers.

`normal`: the entries of P are drawn from N(0, 1), real numbers.
`searched`: what comes out of a short search for codes with a small height, as a user who
designs one would run it: from a code of `course`, entries are redrawn one at a time, and
a change is kept when it lowers h_m.  Such codes are far from random ones.

A code whose m-height is infinite is drawn again, scale and all, so every height is
finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mheight.codes import systematic_generators
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError
from mheight.heights import profile_with_doubts
from mheight.tiers import COURSE_9, Group, Groups

__all__ = ["ENSEMBLES", "SCALES", "EnsembleName", "Generated", "generate"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

EnsembleName = Literal["uniform", "course", "normal", "searched"]

ENSEMBLES: tuple[EnsembleName, ...] = get_args(EnsembleName)

SCALES: dict[str, dict[int, float]] = {
    "uniform": {100: 1.0},
    "course": {
        1: 0.042,
        2: 0.017,
        3: 0.010,
        4: 0.098,
        5: 0.009,
        8: 0.201,
        16: 0.099,
        32: 0.060,
        50: 0.111,
        64: 0.075,
        100: 0.278,
    },
}
"""Scale R and its probability, before codes of infinite height are drawn again."""

_CHUNK = 8192
_MOST_PER_GROUP = 10_000_000
_SEARCH_CHUNK = 1024
_SEARCH_STEPS = 300


@dataclass(frozen=True)
class Generated:
    """A generated data set and what its manifest says of it."""

    samples: Samples
    provenance: dict[str, Any]


def generate(
    ensemble: EnsembleName,
    per_group: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
    *,
    groups: Groups = COURSE_9,
) -> Generated:
    """Draw `per_group` labelled codes for each group.

    Each group has its own random stream, so the first codes of a larger data set of
    the same seed are those of a smaller one.

    Args:
        ensemble: one of `ENSEMBLES`.
        per_group: samples a group, at least 1.
        seed: a non-negative integer.
        progress: called with the number of samples added since the last call.
        groups: the nine of the course by default.

    Raises:
        InvalidDataError: an argument is out of range.
    """
    check_asked(ensemble, per_group, seed)
    streams = np.random.SeedSequence(seed).spawn(len(groups))
    return generated(
        ensemble, per_group, seed, groups,
        [
            _draw_group(
                group, per_group, _BATCHES[ensemble], np.random.default_rng(stream), progress
            )
            for group, stream in zip(groups, streams, strict=True)
        ],
    )  # fmt: skip


def check_asked(ensemble: str, per_group: int, seed: int) -> None:
    """Refuse what `generate` can't do.

    Raises:
        InvalidDataError: an argument is out of range.
    """
    if ensemble not in ENSEMBLES:
        raise InvalidDataError(f"the ensemble must be one of {sorted(ENSEMBLES)}, got {ensemble!r}")
    if not isinstance(per_group, int) or not isinstance(seed, int):
        raise InvalidDataError(f"per_group and seed must be integers, got {per_group!r}, {seed!r}")
    if not 1 <= per_group <= _MOST_PER_GROUP:
        raise InvalidDataError(
            f"at least 1 sample a group is needed, and at most {_MOST_PER_GROUP:,}, got {per_group}"
        )
    if seed < 0:
        raise InvalidDataError(f"the seed must be a non-negative integer, got {seed}")


def generated(
    ensemble: EnsembleName,
    per_group: int,
    seed: int,
    groups: Groups,
    drawn: Sequence[tuple[Float, Float, int]],
) -> Generated:
    """A data set of what was drawn for each group.

    Args:
        ensemble: one of `ENSEMBLES`.
        per_group: samples a group.
        seed: of the streams.
        groups: in their order.
        drawn: for each group P, shape (per_group, k, n-k), heights, and codes drawn for them.
    """
    parts, redrawn = [], {}
    for group, name, (parity, heights, count) in zip(groups, groups.names, drawn, strict=True):
        m, numbers = np.full(per_group, group.m), np.arange(per_group)
        samples = Samples.of_code(groups, group.n, group.k, m, parity, numbers)
        parts.append(samples.with_heights(heights))
        redrawn[name] = count - per_group
    provenance = {
        "source": "generated",
        "ensemble": ensemble,
        "scales": {str(scale): weight for scale, weight in SCALES.get(ensemble, {}).items()},
        "seed": seed,
        "per_group": per_group,
        "infinite_drawn_again": redrawn,
    }
    return Generated(Samples.concatenate(parts, renumber=True), provenance)


Batch = Callable[[Group, np.random.Generator], tuple[Float, Float]]
"""From a group and a source of randomness to P, shape (N, k, n-k), and m-heights, shape (N,);
N is always the same, so that the stream does not depend on how many are wanted."""


Draw = Callable[[Group, np.random.Generator], Float]
"""The part of a batch that takes from the source of randomness: P, before any height."""


def _scaled(mixture: dict[int, float]) -> Draw:
    """Integer entries, each matrix with a scale of its own."""
    scales = np.array(list(mixture), dtype=np.int64)
    weights = np.array(list(mixture.values()))
    chances = weights / weights.sum()

    def draw(group: Group, rng: np.random.Generator) -> Float:
        limit = rng.choice(scales, size=_CHUNK, p=chances)[:, None, None]
        shape = (_CHUNK, group.k, group.n - group.k)
        return rng.integers(-limit, limit, size=shape, endpoint=True).astype(np.float64)

    return draw


def _normal(group: Group, rng: np.random.Generator) -> Float:
    return rng.standard_normal((_CHUNK, group.k, group.n - group.k))


def _labelled(draw: Draw) -> Batch:
    """What is drawn, with its heights."""

    def batch(group: Group, rng: np.random.Generator) -> tuple[Float, Float]:
        parity = draw(group, rng)
        return parity, _heights(parity, group.m)

    return batch


def _moves(
    group: Group, parity: Float, rng: np.random.Generator
) -> Iterator[tuple[tuple[Int, Int], Int]]:
    """The entries that a search redraws, one of each matrix at a time, and what it tries there."""
    limit = np.abs(parity).max(axis=(1, 2)).astype(np.int64)
    count = len(parity)
    for _ in range(_SEARCH_STEPS):
        at = rng.integers(group.k, size=count), rng.integers(group.n - group.k, size=count)
        yield at, rng.integers(-limit, limit, endpoint=True)


def _draw_searched(group: Group, rng: np.random.Generator) -> Float:
    """Codes of `course`; the randomness of their search is taken, and not used."""
    parity = _DRAWS["course"](group, rng)[:_SEARCH_CHUNK]
    for _ in _moves(group, parity, rng):
        pass
    return parity


def _searched(group: Group, rng: np.random.Generator) -> tuple[Float, Float]:
    """Codes of `course`, searched for a small h_m."""
    m = group.m
    parity = _DRAWS["course"](group, rng)[:_SEARCH_CHUNK]
    heights = _heights(parity, m)
    rows = np.arange(len(parity))
    for at, values in _moves(group, parity.copy(), rng):
        changed = parity.copy()
        changed[rows, *at] = values
        fresh = _heights(changed, m)
        better = fresh < heights
        parity[better], heights[better] = changed[better], fresh[better]
    return parity, heights


_DRAWS: dict[EnsembleName, Draw] = {
    "uniform": _scaled(SCALES["uniform"]),
    "course": _scaled(SCALES["course"]),
    "normal": _normal,
    "searched": _draw_searched,
}

_BATCHES: dict[EnsembleName, Batch] = {
    **{name: _labelled(draw) for name, draw in _DRAWS.items()},
    "searched": _searched,
}


def batch_size(ensemble: EnsembleName) -> int:
    """Codes that are drawn at a time."""
    return _SEARCH_CHUNK if ensemble == "searched" else _CHUNK


def drawn_batches(
    ensemble: EnsembleName, group: Group, place: int, seed: int, first: int, count: int
) -> tuple[Float, Float]:
    """Some batches of the stream of a group, as `generate` draws them.

    Args:
        ensemble: one of `ENSEMBLES`.
        group: n, k and m.
        place: of the group among all groups, which its stream depends on.
        seed: a non-negative integer.
        first: batches to pass over; they are drawn, which costs little, but not labelled.
        count: batches.

    Returns:
        P, shape (count * N, k, n-k), and heights, `inf` where a code is to be drawn again.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place,)))
    for _ in range(first):
        _DRAWS[ensemble](group, rng)
    parts = [_BATCHES[ensemble](group, rng) for _ in range(count)]
    return np.concatenate([P for P, _ in parts]), np.concatenate([h for _, h in parts])


def _heights(parity: Float, m: int) -> Float:
    """M-heights, infinite where they are in doubt too: such a code is drawn again."""
    found = profile_with_doubts(systematic_generators(parity))
    return np.where(found.doubtful, np.inf, found.heights[:, m - 1])


def _draw_group(
    group: Group,
    count: int,
    batch: Batch,
    rng: np.random.Generator,
    progress: Callable[[int], None] | None,
) -> tuple[Float, Float, int]:
    """P of shape (count, k, n-k), heights of shape (count,), codes drawn for them."""
    kept_parity, kept_heights, have, drawn = [], [], 0, 0
    while have < count:
        parity, heights = batch(group, rng)
        finite = np.flatnonzero(np.isfinite(heights))[: count - have]
        kept_parity.append(parity[finite])
        kept_heights.append(heights[finite])
        have += len(finite)
        drawn += int(finite[-1]) + 1 if have == count else len(heights)
        if progress is not None:
            progress(len(finite))
    return np.concatenate(kept_parity), np.concatenate(kept_heights), drawn
