"""Logs of minors and what they are like, against NumPy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mheight.features.log_minors import STATISTICS, ZERO, CodeMinors, _fill, log_minors

MINORS = [
    [4.0, 0.0, 1.0, 2.0],
    [0.0, 0.0, 0.0, 3.0],
    [7.0, 7.0, 7.0, 7.0],
    [1.0, 2.0**-200, 2.0**-201, 0.0],  # on the floor and below it
    [2.0**-199, 2.0, 1e-310, 1.0],
    [1e-300, 3e-300, 0.0, 2e-300],
]


def filled(minors: np.ndarray, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    logs = np.full(minors.shape, 99.0, np.float32)
    statistics = np.full((len(minors), 3), 99.0)
    _fill(minors, logs, statistics, first, last)
    return logs, statistics


def test_logs_and_statistics():
    minors = np.array(MINORS)
    logs, statistics = filled(minors, 0, len(minors))
    for row, log, told in zip(MINORS, logs, statistics, strict=True):
        true = [np.log2(x) - np.log2(max(row)) for x in row if x > 0.0]
        wanted = iter(true)
        np.testing.assert_allclose(
            log, [max(next(wanted), ZERO) if x > 0.0 else ZERO for x in row], rtol=1e-6
        )
        assert told[0] == pytest.approx(min(true), rel=1e-12)  # not cut off
        assert told[1] == row.count(0.0)
        assert told[2] == pytest.approx(np.mean(true), rel=1e-12)
    assert statistics[2].tolist() == [0.0, 0.0, 0.0]
    assert statistics[3].tolist() == [-201.0, 1.0, -401.0 / 3.0]
    assert logs[3].tolist() == [0.0, -200.0, -200.0, -200.0]


@pytest.mark.parametrize(("first", "last"), [(0, 2), (1, 3), (4, 6), (3, 3)])
def test_only_some_codes_are_filled(first, last):
    logs, statistics = filled(np.array(MINORS), first, last)
    whole_logs, whole = filled(np.array(MINORS), 0, len(MINORS))
    for code in range(len(MINORS)):
        if first <= code < last:
            np.testing.assert_array_equal(logs[code], whole_logs[code])
            np.testing.assert_array_equal(statistics[code], whole[code])
        else:
            assert (logs[code] == 99.0).all()
            assert (statistics[code] == 99.0).all()


def test_one_minor():
    logs, statistics = filled(np.array([[0.3]]), 0, 1)
    assert logs.tolist() == [[0.0]]
    assert statistics.tolist() == [[0.0, 0.0, 0.0]]


def test_a_batch_is_filled_whole():
    """One code after the other, and none left out; an empty batch too."""
    minors = np.random.default_rng(0).integers(0, 5, (23, 6)).astype(float)
    minors[:, 2] = 1.0
    logs, statistics = log_minors(minors)
    assert (logs.shape, statistics.shape) == ((23, 6), (23, len(STATISTICS)))
    for row, log, told in zip(minors, logs, statistics, strict=True):
        kept = [np.log2(x / row.max()) for x in row if x]
        np.testing.assert_allclose([x for x in log if x != ZERO], kept, atol=1e-6)
        assert (log == ZERO).sum() == (row == 0.0).sum()
        np.testing.assert_allclose(told, [min(kept), (row == 0.0).sum(), np.mean(kept)], atol=1e-12)
    logs, statistics = log_minors(np.empty((0, 6)))
    assert (logs.shape, statistics.shape) == ((0, 6), (0, 3))


@pytest.mark.parametrize(("k", "n"), [(1, 3), (2, 4), (3, 4)])
def test_codes_by_their_parity_parts(k, n):
    parity = np.random.default_rng([k, n]).integers(-2, 3, (6, k, n - k)).astype(float)
    codes = CodeMinors(parity)
    logs, statistics = log_minors(codes.absolute)
    np.testing.assert_array_equal(codes.logs, logs)
    np.testing.assert_array_equal(codes.statistics, statistics)
    for P, sizes in zip(parity, codes.absolute, strict=True):
        G = np.hstack([np.eye(k), P])
        true = [abs(np.linalg.det(G[:, B])) for B in map(list, combinations(range(n), k))]
        np.testing.assert_allclose(sizes, true, atol=1e-12)
