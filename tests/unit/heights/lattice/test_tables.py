"""The index tables, entry by entry, against sets written out."""

from __future__ import annotations

from itertools import combinations

import pytest

from mheight.codes.minors.lanes import LANES
from mheight.heights.lattice.tables import height_lattice


@pytest.mark.parametrize(("n", "k"), [(2, 1), (4, 1), (5, 2), (6, 3), (6, 5)])
def test_offsets_point_at_the_sets_that_the_formula_names(n: int, k: int) -> None:
    height_lattice.cache_clear()  # made anew, whoever asked for it before
    lattice = height_lattice(n, k).sweep
    bases = list(combinations(range(n), k))
    circuits = list(combinations(range(n), k + 1))

    # s(A) sums p over A without each of its elements.
    summed = (lattice.circuits // LANES).reshape(len(circuits), k + 1)
    for A, members in zip(circuits, summed, strict=True):
        assert {bases[i] for i in members} == set(combinations(A, k))

    # F_a(B) = s(B + a) / p(B), for each target a and each B without it, renumbered.
    entries = iter(zip(lattice.minor_of // LANES, lattice.circuit_of // LANES, strict=True))
    for target in range(n):
        others = [j for j in range(n) if j != target]
        for B in combinations(others, k):
            minor, circuit = next(entries)
            assert bases[minor] == B
            assert circuits[circuit] == tuple(sorted((*B, target)))
    assert next(entries, None) is None

    # F_a(T) is the least of F_a(T - b) over k + 1 elements b of T.
    sets = [T for size in range(k, n) for T in combinations(range(n - 1), size)]
    starts = lattice.level_start.tolist()
    assert starts == [sum(len(T) < size for T in sets) for size in range(k, n + 1)]
    children = iter(lattice.children // LANES)
    for T in sets[starts[1] :]:
        below = {sets[next(children)] for _ in range(k + 1)}
        assert len(below) == k + 1
        assert all(set(S) < set(T) and len(S) == len(T) - 1 for S in below)
    assert next(children, None) is None
