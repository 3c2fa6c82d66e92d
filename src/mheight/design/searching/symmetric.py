"""Codes that random groups of signed permutations leave as they are, and charts of them.

Good codes are mostly symmetric.  Within the codes of one group a search has a few coordinates
instead of k (n-k), and from n = 10 on at m = n-k it finds little without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mheight.design.searching.charts import Chart, around, systematic_chart

__all__ = ["invariant_code", "random_group", "signed_cycles", "tied_chart"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_SAME = 1e-7
_TRIES = 40


def signed_cycles(n: int, rng: np.random.Generator, length: int, count: int) -> tuple[Int, Float]:
    """A signed permutation with some cycles of one length and fixed points elsewhere.

    Returns:
        Where each place goes, and with which sign; each cycle's signs have the product 1 or
        -1 (one choice for all cycles), and those of the fixed points are alike.
    """
    order = rng.permutation(n)
    to, signs = np.arange(n), np.ones(n)
    turn = -1.0 if rng.random() < 0.4 else 1.0
    for c in range(count):
        cycle = order[c * length : (c + 1) * length]
        to[cycle] = np.roll(cycle, -1)
        signs[cycle[-1]] *= turn
    if rng.random() < 0.4:
        signs[order[count * length :]] *= -1.0
    return to, signs


def _matrix(to: Int, signs: Float) -> Float:
    """The matrix of a signed permutation: row vectors times it are moved."""
    out = np.zeros((len(to), len(to)))
    out[np.arange(len(to)), to] = signs
    return out


def _any_element(n: int, rng: np.random.Generator) -> tuple[Int, Float]:
    length = int(rng.integers(2, n + 1)) if rng.random() < 0.5 else int(rng.integers(2, 5))
    length = min(length, n)
    most = n // length
    count = most if rng.random() < 0.6 else int(rng.integers(1, most + 1))
    return signed_cycles(n, rng, length, count)


def _multiplier(n: int, rng: np.random.Generator) -> tuple[Int, Float]:
    """The map i -> a i on Z_n and random signs on its orbits; it normalises the cyclic group."""
    units = [a for a in range(2, n) if np.gcd(a, n) == 1]
    a = int(rng.choice(units)) if units else 1
    return np.arange(n) * a % n, np.ones(n)


def random_group(n: int, rng: np.random.Generator) -> list[Float]:
    """One or two signed permutation matrices of size n, of many kinds.

    A random element by itself; two of them; the cycle of all places, or of all but one, with
    a multiplier; two cycles that commute.
    """
    kind = rng.random()
    if kind < 0.55:
        return [_matrix(*_any_element(n, rng))]
    if kind < 0.75:
        return [_matrix(*_any_element(n, rng)) for _ in range(2)]
    size = n if kind < 0.87 or n < 4 else n - 1
    shift = np.arange(n)
    shift[:size] = (np.arange(size) + 1) % size
    signs = np.ones(n)
    if rng.random() < 0.5:
        signs[size - 1] = -1.0
    group = [_matrix(shift, signs)]
    if rng.random() < 0.7:
        to, _ = _multiplier(size, rng)
        whole = np.arange(n)
        whole[:size] = to
        more = np.ones(n)
        if signs[size - 1] < 0.0:
            # Of i -> a i on a negacyclic line, with the signs that wrapping round gives.
            a = int(to[1]) if size > 1 else 1
            more[:size] = np.where((np.arange(size) * a // size) % 2, -1.0, 1.0)
        group.append(_matrix(whole, more))
    return group


def _commuting(n: int, group: Sequence[Float], rng: np.random.Generator) -> Float:
    """A random symmetric matrix that commutes with the group: one value for each orbital."""
    out = np.zeros((n, n))
    known = np.zeros((n, n), np.bool_)
    moves = []
    for g in group:
        to = np.abs(g).argmax(axis=1)
        moves.append((to, g[np.arange(n), to]))
    for i, j in np.ndindex(n, n):
        if known[i, j]:
            continue
        orbit, open_, fits = {(i, j): 1.0}, [(i, j)], True
        while open_:
            a, b = open_.pop()
            sign = orbit[a, b]
            images = [((int(to[a]), int(to[b])), sign * s[a] * s[b]) for to, s in moves]
            for place, value in [*images, ((b, a), sign)]:
                if place not in orbit:
                    orbit[place] = value
                    open_.append(place)
                elif orbit[place] != value:
                    fits = False
        number = rng.normal() if fits else 0.0
        for (a, b), sign in orbit.items():
            known[a, b], out[a, b] = True, sign * number
    return out


def invariant_code(
    n: int, rows: int, group: Sequence[Float], rng: np.random.Generator
) -> Float | None:
    """A random invariant row space of so many dimensions; None where none was met.

    The eigenspaces of a random symmetric matrix that commutes with the group are invariant;
    some of them are put together.

    Returns:
        Shape (rows, n), orthonormal rows.
    """
    values, vectors = np.linalg.eigh(_commuting(n, group, rng))
    breaks = np.flatnonzero(np.diff(values) > _SAME * max(1.0, float(np.abs(values).max()))) + 1
    spaces = np.split(np.arange(n), breaks)
    for _ in range(_TRIES):
        chosen: list[int] = []
        for s in rng.permutation(len(spaces)):
            if len(chosen) + len(spaces[s]) <= rows:
                chosen.extend(spaces[s].tolist())
        if len(chosen) == rows:
            return np.ascontiguousarray(vectors[:, chosen].T)
    return None


def invariant_chart(
    n: int, rows: int, rng: np.random.Generator, *, most: int
) -> tuple[Chart, list[Float]] | None:
    """A chart of the codes that a random group leaves as they are; None where that failed.

    Args:
        n: length.
        rows: of the matrices.
        rng: source of randomness.
        most: coordinates, at the most.
    """
    group = random_group(n, rng)
    matrix = invariant_code(n, rows, group, rng)
    if matrix is None:
        return None
    chart = around(matrix, group)
    return (chart, group) if chart.d <= most else None


def tied_chart(
    n: int, k: int, is_check: bool, rng: np.random.Generator, *, zeros: bool
) -> Chart | None:
    """Integer matrices P whose entries are tied by a random symmetry: P = +-P moved.

    A signed permutation of the rows with one of the columns, or, where P is square, the
    transpose before both.

    Args:
        n: length.
        k: dimension.
        is_check: whether matrices are [-P^T | I].
        rng: source of randomness.
        zeros: whether entries that the symmetry makes 0 are allowed.
    """
    redundancy = n - k
    to, sign = _any_element(k, rng) if k > 1 else (np.zeros(1, np.int64), np.ones(1))
    if redundancy > 1 and rng.random() < 0.95:
        over, flip = _matching(redundancy, to, rng)
    else:
        over, flip = np.arange(redundancy), np.ones(redundancy)
    transposed = k == redundancy and rng.random() < 0.3
    owner = np.full((k, redundancy), -1)
    factor = np.zeros((k, redundancy))
    free: list[bool] = []
    for i, j in np.ndindex(k, redundancy):
        if owner[i, j] >= 0:
            continue
        number, fits = len(free), True
        a, b, turn = i, j, 1.0
        while owner[a, b] < 0:
            owner[a, b], factor[a, b] = number, turn
            c, e = (b, a) if transposed else (a, b)
            turn *= float(sign[c] * flip[e])
            a, b = int(to[c]), int(over[e])
        if owner[a, b] == number:
            fits = bool(factor[a, b] == turn)
        free.append(fits)
    if not zeros and not all(free):
        return None
    whole = systematic_chart(n, k, is_check)
    chosen = [number for number, fits in enumerate(free) if fits]
    if not chosen:
        return None
    flat_owner, flat_factor = owner.ravel(), factor.ravel()
    directions = np.array(
        [
            np.tensordot(np.where(flat_owner == number, flat_factor, 0.0), whole.directions, 1)
            for number in chosen
        ]
    )
    return Chart(whole.base, directions)


def _matching(size: int, to: Int, rng: np.random.Generator) -> tuple[Int, Float]:
    """A signed permutation, with cycles of a length that the other one has where they fit."""
    lengths = [c for c in _cycle_lengths(to) if 1 < c <= size]
    if not lengths or rng.random() < 0.2:
        return _any_element(size, rng)
    length = int(rng.choice(lengths))
    most = size // length
    count = most if rng.random() < 0.7 else int(rng.integers(1, most + 1))
    return signed_cycles(size, rng, length, count)


def _cycle_lengths(to: Int) -> list[int]:
    seen, lengths = set[int](), []
    for i in range(len(to)):
        length, j = 0, i
        while j not in seen:
            seen.add(j)
            length, j = length + 1, int(to[j])
        if length:
            lengths.append(length)
    return lengths
