from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from mheight.datasets import Samples, exact_heights, relabelled
from mheight.errors import InvalidDataError
from mheight.heights import m_height
from mheight.tiers import COURSE_9, COURSE_21, Groups

P45 = np.arange(20.0).reshape(4, 5)
P54 = np.arange(20.0).reshape(5, 4)
P63 = np.arange(18.0).reshape(6, 3)
GOOD = [9, 4, 2, P45]


def test_rows_become_columns() -> None:
    rows = [GOOD, (9.0, np.int64(6), np.float32(3), P63.tolist()), [9, 5, 4, P54.astype(int)]]
    samples = Samples.from_rows(rows, [2, np.inf, 1])
    assert len(samples) == 3
    assert samples.k.tolist() == [4, 6, 5]
    assert samples.m.tolist() == [2, 3, 4]
    assert samples.parity.shape == (3, 20)
    for i, matrix in enumerate((P45, P63, P54)):
        np.testing.assert_array_equal(samples.matrix(i), matrix)
    assert (samples.parity[1, 18:] == 0.0).all()
    assert samples.labels.tolist() == [2.0, np.inf, 1.0]
    assert samples.log2_heights.tolist() == [1.0, np.inf, 0.0]
    assert samples.sample_id.tolist() == [0, 1, 2]
    assert [COURSE_9.names[g] for g in samples.group] == ["(4,2)", "(6,3)", "(5,4)"]
    assert {name: count for name, count in samples.counts().items() if count} == {
        "(4,2)": 1,
        "(6,3)": 1,
        "(5,4)": 1,
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([9, 4, 2], r"a sample is a list \[n, k, m, P\], got \[9, 4, 2\]"),
        ([9, 4, 2, P45, 1.5], r"a sample is a list \[n, k, m, P\], got"),
        ({"n": 9}, r"a sample is a list \[n, k, m, P\], got {'n': 9}"),
        ("9425", r"a sample is a list \[n, k, m, P\], got '9425'"),
        (["9", 4, 2, P45], "n must be an integer, got '9'"),
        ([9, 4.5, 2, P45], r"k must be an integer, got 4\.5"),
        ([9, 4, True, P45], "m must be an integer, got True"),
        ([9, 4, float("nan"), P45], "m must be an integer, got nan"),
        ([9, float("inf"), 2, P45], "k must be an integer, got inf"),
        ([9, 9, 2, P45], r"k must lie in 1\.\.n-1, got n = 9, k = 9"),
        ([9, 10, 2, P45], r"k must lie in 1\.\.n-1, got n = 9, k = 10"),
        ([9, 0, 2, P45], r"k must lie in 1\.\.n-1, got n = 9, k = 0"),
        ([9, 4, 0, P45], r"m must lie in 1\.\.n-1 = 1\.\.8, got 0"),
        ([9, 4, 6, P45], r"every height with m > n-k = 5 is infinite, got m = 6"),
        ([21, 5, 2, np.ones((5, 16))], r"groups go up to n = 20, got n = 21; mheight heights"),
        ([9, 4, 2, P54], r"P must have shape \(k, n-k\) = \(4, 5\), got \(5, 4\)"),
        ([9, 4, 2, P45.ravel()], r"P must have shape \(k, n-k\) = \(4, 5\), got \(20,\)"),
        ([9, 4, 2, None], "P must be an array of numbers"),
        ([9, 4, 2, [[1, 2], [3]]], "P must be an array of numbers"),
        ([9, 4, 2, [["a"] * 5] * 4], "P must be an array of numbers"),
        ([9, 4, 2, np.where(P45 == 7, np.nan, P45)], "P must be finite, got NaN or infinity"),
        ([9, 4, 2, np.where(P45 == 7, -np.inf, P45)], "P must be finite, got NaN or infinity"),
    ],
)
def test_rows_that_break_a_rule(row: Any, message: str) -> None:
    with pytest.raises(InvalidDataError, match=f"course data, sample 1: {message}"):
        Samples.from_rows([GOOD, row], where="course data")


@pytest.mark.parametrize("row", [[10, 5, 2, np.ones((5, 5))], [9, 4, 1, P45], [12, 4, 9, None]])
def test_rows_of_other_groups_than_allowed(row: list[Any]) -> None:
    n, k, m = row[:3]
    message = rf"sample 1: \(n,k,m\) = \({n},{k},{m}\) is not one of the groups n:k:m 9:4:2-5 .*; "
    if m > n - k:
        message = "sample 1: every height with m > n-k = 8 is infinite"
    with pytest.raises(InvalidDataError, match=message):
        Samples.from_rows([GOOD, row], groups=COURSE_9)


def test_the_groups_are_those_around_the_rows() -> None:
    assert Samples.from_rows([GOOD]).groups == COURSE_9
    mixed = Samples.from_rows([GOOD, [10, 5, 2, np.arange(25.0).reshape(5, 5)]])
    assert mixed.groups == COURSE_21
    assert mixed.parity.shape == (2, 25)
    assert mixed.matrix(1).shape == (5, 5)
    assert mixed.n.tolist() == [9, 10]
    alone = Samples.from_rows([[7, 3, 2, np.ones((3, 4))]])
    assert alone.groups.texts == ["7:3:2"]


def test_samples_of_other_groups(uniform_codes: Samples) -> None:
    wide = uniform_codes.within(COURSE_21)
    assert wide.parity.shape == (len(wide), 25)
    assert [wide.groups[g] for g in wide.group] == [COURSE_9[g] for g in uniform_codes.group]
    again = wide.within(COURSE_9)
    np.testing.assert_array_equal(again.parity, uniform_codes.parity)
    np.testing.assert_array_equal(again.group, uniform_codes.group)
    few = Groups.parse("9:5:2-4")
    assert set(uniform_codes.only(few).k) == {5}
    with pytest.raises(InvalidDataError, match=r"sample 0: \(n,k,m\) = \(9,4,2\) is not one of"):
        wide.within(few)


def test_concatenated_samples_are_of_the_groups_of_all(uniform_codes: Samples) -> None:
    other = Samples.from_rows([[10, 5, 2, np.ones((5, 5))]], [np.inf])
    both = Samples.concatenate([uniform_codes, other])
    assert both.groups == COURSE_21
    assert both.matrix(len(both) - 1).tolist() == np.ones((5, 5)).tolist()


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        ([2.0], "one height a sample is needed, got 2 samples and 1 heights"),
        ([2.0, 2.0, 2.0], "one height a sample is needed, got 2 samples and 3 heights"),
        ([2.0, 0.99], r"a height is at least 1, got 0\.99 at sample 1 \(1 such\)"),
        ([-3.0, 0.0], r"a height is at least 1, got -3\.0 at sample 0 \(2 such\)"),
        ([2.0, np.nan], r"a height is at least 1, got nan at sample 1 \(1 such\)"),
        ([-np.inf, 2.0], r"a height is at least 1, got -inf at sample 0"),
        (["a", 2.0], "heights must be numbers"),
        ([[2.0], [2.0]], r"heights must have shape \(2,\), got \(2, 1\)"),
    ],
)
def test_heights_that_break_a_rule(heights: Sequence[Any], message: str) -> None:
    with pytest.raises(InvalidDataError, match=f"course data: {message}"):
        Samples.from_rows([GOOD, GOOD], heights, where="course data")


def test_no_rows() -> None:
    with pytest.raises(InvalidDataError, match="at least one sample is needed, got none"):
        Samples.from_rows([])


def test_unlabelled_samples_have_no_labels() -> None:
    samples = Samples.from_rows([GOOD])
    assert samples.heights is None
    with pytest.raises(InvalidDataError, match="these samples carry no heights; label them first"):
        _ = samples.log2_heights
    assert samples.take(np.array([0, 0])).heights is None


def test_take_keeps_rows_together(uniform_codes: Samples) -> None:
    index = np.array([300, 5, 5])
    taken = uniform_codes.take(index)
    for i, source in enumerate(index):
        assert taken.sample_id[i] == uniform_codes.sample_id[source]
        np.testing.assert_array_equal(taken.matrix(i), uniform_codes.matrix(source))
        assert taken.labels[i] == m_height(
            np.hstack([np.eye(taken.k[i]), taken.matrix(i)]), int(taken.m[i])
        )
    masked = uniform_codes.take(uniform_codes.k == 5)
    assert set(masked.k) == {5}
    assert len(masked) == 120


def test_by_shape_covers_every_sample_once(uniform_codes: Samples) -> None:
    shuffled = uniform_codes.take(np.random.default_rng(0).permutation(len(uniform_codes)))
    seen = []
    for (n, k), index, matrices in shuffled.by_shape():
        assert (shuffled.k[index] == k).all()
        assert (shuffled.n[index] == n).all()
        for i, matrix in zip(index.tolist(), matrices, strict=True):
            np.testing.assert_array_equal(matrix, shuffled.matrix(i))
        seen += index.tolist()
    assert sorted(seen) == list(range(len(shuffled)))


@pytest.mark.parametrize("at_most", [None, 1, 50])
def test_generators_cover_every_sample_once(uniform_codes: Samples, at_most: int | None) -> None:
    shuffled = uniform_codes.take(np.random.default_rng(1).permutation(len(uniform_codes)))
    seen = []
    for index, matrices in shuffled.generators(at_most):
        assert len(index) <= (at_most or len(shuffled))
        for i, G in zip(index.tolist(), matrices, strict=True):
            k = int(shuffled.k[i])
            np.testing.assert_array_equal(G, np.hstack([np.eye(k), shuffled.matrix(i)]))
        seen += index.tolist()
    assert sorted(seen) == list(range(len(shuffled)))
    assert list(shuffled.take(np.arange(0)).generators(at_most)) == []


def test_concatenate(uniform_codes: Samples) -> None:
    head, tail = uniform_codes.take(np.arange(3)), uniform_codes.take(np.arange(100, 102))
    both = Samples.concatenate([tail, head])
    assert both.sample_id.tolist() == [100, 101, 0, 1, 2]
    assert both.labels.tolist() == [*tail.labels, *head.labels]
    assert Samples.concatenate([tail, head], renumber=True).sample_id.tolist() == [0, 1, 2, 3, 4]
    unlabelled = Samples.from_rows([GOOD])
    assert Samples.concatenate([head, unlabelled]).heights is None


def test_exact_heights_report_progress_and_ignore_labels(uniform_codes: Samples) -> None:
    steps: list[int] = []
    wrong = uniform_codes.with_heights(np.full(len(uniform_codes), 7.0))
    np.testing.assert_array_equal(exact_heights(wrong, steps.append), uniform_codes.labels)
    assert sum(steps) == len(uniform_codes)
    np.testing.assert_array_equal(relabelled(wrong).labels, uniform_codes.labels)


def test_exact_heights_do_not_depend_on_chunks(
    uniform_codes: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mheight.datasets.labelling._CHUNK", 7)
    shuffled = uniform_codes.take(np.random.default_rng(1).permutation(len(uniform_codes)))
    np.testing.assert_array_equal(exact_heights(shuffled), shuffled.labels)
