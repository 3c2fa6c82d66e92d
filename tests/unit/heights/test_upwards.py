from __future__ import annotations

import numpy as np
import pytest

import mheight
from mheight import exact_profile, verify
from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError
from mheight.heights.upwards import find_heights

TRAP = [[-1, -7, 5, -2, 4, 6, -8], [-2, -9, -2, -4, -4, 7, -11], [-8, 0, 5, -9, -3, -8, -8]]


@pytest.mark.parametrize("method", ["auto", "lattice", "branch-and-bound"])
@pytest.mark.parametrize("seed", range(4))
def test_all_heights_with_certificates(method, seed):
    rng = np.random.default_rng(seed)
    G = rng.integers(-4, 5, (3, 8)).astype(float)
    if seed % 2:
        G[:, 5:] = 0.0  # infinite from m = 6 - k at the latest
    solutions = list(find_heights(G, method=method))
    assert [s.m for s in solutions] == [1, 2, 3, 4, 5]
    np.testing.assert_allclose([s.height for s in solutions], mheight.height_profile(G), rtol=1e-9)
    for solution in solutions:
        witness = solution.certificate
        assert witness.m == solution.m
        assert mheight.verify(witness, G)
        assert witness.target in witness.larger
        assert len(witness.larger) == solution.m
        word = np.abs(np.array(witness.codeword))
        outside = np.delete(word, witness.larger)
        assert outside.max() <= np.sort(word)[::-1][solution.m] + 1e-9


def test_the_rest_of_an_infinite_height_is_known_at_once(monkeypatch):
    asked = []
    find_height = mheight.find_height

    def counted(code, m, **options):
        asked.append(m)
        return find_height(code, m, **options)

    monkeypatch.setattr("mheight.heights.upwards.solved", counted)
    solutions = list(find_heights(TRAP, method="branch-and-bound"))
    assert [s.lower for s in solutions] == pytest.approx([2, 30.8, np.inf, np.inf])
    assert asked == [1, 2, 3]


def test_a_limit_ends_it_with_bounds():
    G = np.random.default_rng(0).normal(size=(20, 40))
    solutions = list(find_heights(G, time_limit=0.2))
    assert all(s.is_exact for s in solutions[:-1])
    assert solutions[-1].status in ("time limit", "exact")
    assert len(solutions) < 20


def test_a_request_ends_it():
    G = np.random.default_rng(0).normal(size=(10, 30))
    seen = []

    def stop():
        return len(seen) > 1

    for solution in find_heights(G, method="branch-and-bound", stop=stop):
        seen.append(solution.m)
    assert seen == [1, 2]


def test_progress_is_told_by_height():
    told = []

    def progress(m):
        return lambda done, targets, lower, upper: told.append((m, done, targets, lower, upper))

    G = np.random.default_rng(1).normal(size=(6, 14))
    list(find_heights(G, method="branch-and-bound", progress=progress))
    assert {m for m, *_ in told} >= {2, 3, 4}
    assert all(lower <= upper for *_, lower, upper in told)


def test_heights_that_rounding_leaves_in_doubt_are_done_exactly():
    """Decimals of a code of rank 2: as floats its height is finite and huge."""
    G = [
        [0.0965987, 1.1143517, 1.2109504, 1.2785657],
        [-0.0311978, -0.3615511, -0.3927489, -0.4142156],
        [0.1402011, 1.6215356, 1.7617367, 1.8589369],
    ]
    (solution,) = find_heights(G)
    assert solution.method == "rational"
    assert solution.certificate.height == exact_profile(G)[0]
    assert verify(solution.certificate, G)


@pytest.mark.parametrize(
    ("G", "options", "message"),
    [
        (np.eye(2), {}, "n > k is needed, got n = k = 2"),
        ([[1, 2], [2, 4]], {}, "rows of G must be independent"),
        ([[1, 2]], {"time_limit": 0}, "time_limit must be positive, got 0"),
        ([[1, 2]], {"method": "magic"}, "method must be"),
        (np.ones((1, 30)), {"method": "lattice"}, "the lattice needs n <= 26"),
    ],
)
def test_what_is_refused(G, options, message):
    with pytest.raises(InvalidCodeError, match=message):
        list(find_heights(G, **options))


def test_a_code_is_taken_as_it_is():
    code = LinearCode([[1, 0, 1, 1], [0, 1, 1, 2]])
    assert [str(s) for s in find_heights(code)] == ["h_1 = 2", "h_2 = 3"]
