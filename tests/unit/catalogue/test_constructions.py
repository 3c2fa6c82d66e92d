"""Constructions against the engine, and against closed forms."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from mheight.catalogue.certified import certified_heights
from mheight.catalogue.constructions import (
    abelian,
    conference,
    cut_space,
    cycle_space,
    cyclic,
    difference_set,
    disjunct_checks,
    graph,
    make,
    negacyclic,
    net_checks,
    polygon,
    polygon_dual,
    r10,
    repetition_sum,
    roots,
    single_parity,
    solid,
    vandermonde,
)
from mheight.catalogue.constructions.checks import is_disjunct
from mheight.catalogue.constructions.frames import CONFERENCE_HEIGHTS
from mheight.catalogue.constructions.graphs import detour_heights
from mheight.catalogue.constructions.solids import ICOSAHEDRAL_HEIGHTS, SOLIDS
from mheight.catalogue.constructions.waves import polygon_dual_height, polygon_height
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.height_texts import agrees
from mheight.catalogue.numbers import as_float
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.heights import height_profile


def finite(code: ExactCode) -> list[float]:
    profile = height_profile(code.floats())
    return [float(h) for h in profile if math.isfinite(h)]


def has_heights(code: ExactCode, texts: tuple[str, ...]) -> bool:
    heights = certified_heights(code)
    return len(heights) == len(texts) and all(map(agrees, texts, heights))


@pytest.mark.parametrize("n", [3, 4, 5, 8, 9, 12])
def test_polygon(n: int) -> None:
    found = finite(polygon(n))
    wanted = [as_float(polygon_height(n, m)) for m in range(1, n - 1)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("n", [4, 5, 8, 9, 13])
def test_polygon_dual(n: int) -> None:
    code = polygon_dual(n)
    assert (code.n, code.k) == (n, n - 2)
    np.testing.assert_allclose(
        finite(code), [as_float(polygon_dual_height(n, m)) for m in (1, 2)], rtol=1e-10
    )
    assert np.abs(code.floats() @ polygon(n).floats().T).max() < 1e-12


def test_frames_in_balls() -> None:
    assert has_heights(solid("icosahedron"), ICOSAHEDRAL_HEIGHTS)
    assert has_heights(conference(5), CONFERENCE_HEIGHTS[5])
    assert has_heights(conference(9), CONFERENCE_HEIGHTS[9])
    assert has_heights(difference_set(), ("3",) * 5)


def test_fourteen_equiangular_lines() -> None:
    wanted = [as_float(text) for text in CONFERENCE_HEIGHTS[13]]
    np.testing.assert_allclose(finite(conference(13)), wanted, rtol=1e-9)


@pytest.mark.parametrize("q", [5, 9, 13])
def test_conference_lines_are_equiangular(q: int) -> None:
    G = conference(q).floats()
    Q = G.T @ np.linalg.solve(G @ G.T, G)  # the projection onto the code
    np.testing.assert_allclose(np.diag(Q), 0.5)
    off = np.abs(Q[~np.eye(q + 1, dtype=bool)])
    np.testing.assert_allclose(off, 1 / (2 * math.sqrt(q)))


def test_regular_matroids() -> None:
    complete = graph("complete", 5)
    assert finite(cut_space(complete)) == [2, 2, 2]
    assert finite(cycle_space(complete)) == [3, 3]
    assert finite(r10()) == [3, 3, 3]
    minors = {
        round(abs(np.linalg.det(r10().floats()[:, list(B)]))) for B in combinations(range(10), 5)
    }
    assert minors == {0, 1}


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("complete", (4,)), ("wheel", (5,)), ("bipartite", (3, 3)), ("prism", (3,)),
     ("moebius", (3,)), ("circulant", (5, 1, 2))],
)  # fmt: skip
def test_cut_spaces_by_detours(name: str, sizes: tuple[int, ...]) -> None:
    edges = graph(name, *sizes)
    by_paths = detour_heights(edges)
    by_engine = [None if math.isinf(h) else round(h) for h in height_profile(
        cut_space(edges).floats())]  # fmt: skip
    assert by_paths == by_engine
    orthogonal = cut_space(edges).floats() @ cycle_space(edges).floats().T
    assert np.abs(orthogonal).max() < 1e-12


@pytest.mark.parametrize(("sides", "slopes", "m"), [((3, 3), 0, 2), ((2, 2, 3), 0, 3),
                                                    ((5, 5), 1, 3), ((3, 4), 0, 2)])  # fmt: skip
def test_disjunct_checks(sides: tuple[int, ...], slopes: int, m: int) -> None:
    H = net_checks(sides, slopes)
    assert is_disjunct(H, m - 1)
    rho = max(map(sum, H))
    code = disjunct_checks(H)
    if code.n <= 16:
        assert finite(code)[m - 1] <= rho - 1 + 1e-9


def test_sums_and_parities() -> None:
    assert finite(repetition_sum([3, 3, 4]))[:2] == [1, 1]
    assert finite(single_parity(7)) == [6]
    assert len(finite(vandermonde(7, 3))) == 4


def test_real_cyclic_codes_of_consecutive_frequencies_are_mds() -> None:
    assert len(finite(cyclic(9, [0, 1, 2]))) == 4
    assert len(finite(negacyclic(10, [0, 1]))) == 6


@pytest.mark.parametrize(
    ("shape", "twist"), [([6], 0), ([6], 1), ([7], 0), ([2, 4], 0), ([2, 4], 1), ([3, 3], 0)]
)
def test_abelian_codes_are_invariant(shape: list[int], twist: int) -> None:
    twists = [twist] + [0] * (len(shape) - 1)
    frequencies = [[1], [2]] if len(shape) == 1 else [[1, 0], [0, 1]]
    code = abelian(shape, frequencies, twist=twists)
    words = code.floats().reshape(code.k, *shape)
    shifted = np.roll(words, 1, axis=1)
    if twist:
        shifted[:, 0] *= -1
    both = np.vstack([code.floats(), shifted.reshape(code.k, -1)])
    assert np.linalg.matrix_rank(both, tol=1e-9) == code.k


@pytest.mark.parametrize(
    ("name", "n", "k", "heights"),
    [
        ("cube", 4, 3, ("3",)),
        ("cuboctahedron", 6, 3, ("2", "2")),
        (
            "dodecahedron", 10, 3,
            ("3/sqrt(5)", "(1+sqrt(5))/2", "4-sqrt(5)", "3", "2+sqrt(5)", "2+sqrt(5)",
             "5+2*sqrt(5)"),
        ),
        ("icosahedron", 6, 3, ("sqrt(5)", "sqrt(5)", "2+sqrt(5)")),
        (
            "icosidodecahedron", 15, 3,
            ("sqrt(5)-1", "sqrt(5)-1", "(1+sqrt(5))/2", "(1+sqrt(5))/2", "2", "2",
             "(3+sqrt(5))/2", "1+sqrt(5)", "(5+sqrt(5))/2"),
        ),
        ("tesseract", 8, 4, ("2", "3", "3")),
    ],
)  # fmt: skip
def test_solids(name: str, n: int, k: int, heights: tuple[str, ...]) -> None:
    code = solid(name)
    assert (code.n, code.k) == (n, k)
    lengths = np.linalg.norm(code.floats(), axis=0)
    np.testing.assert_allclose(lengths, lengths[0])
    np.testing.assert_allclose(finite(code), [as_float(text) for text in heights], rtol=1e-12)


def test_every_solid_is_tried() -> None:
    (mark,) = [mark for mark in test_solids.pytestmark if mark.name == "parametrize"]
    assert {case[0] for case in mark.args[1]} == set(SOLIDS)


def test_roots() -> None:
    assert finite(roots("D", 4)) == [2, 2, 2, 2, 3]
    assert roots("B", 4).n == 16


def test_what_constructions_refuse() -> None:
    with pytest.raises(InvalidCodeError, match="a solid is one of"):
        solid("torus")
    with pytest.raises(InvalidCodeError, match="must be connected"):
        cut_space([(0, 1), (2, 3)])
    with pytest.raises(InvalidCodeError, match="is given twice"):
        cyclic(7, [1, 6])
    with pytest.raises(InvalidCodeError, match="q must be a prime power"):
        conference(11)
    with pytest.raises(InvalidDataError, match="there is no construction 'magic'"):
        make("magic", {})
    with pytest.raises(InvalidDataError, match="does not take the arguments"):
        make("polygon", {"sides": 5})
    with pytest.raises(InvalidCodeError, match="zeros and ones"):
        disjunct_checks([[1, 2]])
