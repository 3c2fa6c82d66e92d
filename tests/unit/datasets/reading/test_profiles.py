"""Heights as peers give them: float32, lists of all heights, an infinity behind."""

from __future__ import annotations

import json
import math
import pickle
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mheight
from mheight.codes import systematic_generators
from mheight.datasets import check_import, exact_heights, generate, read_samples
from mheight.datasets.reading.profiles import height_among
from mheight.datasets.reading.rows import Row
from mheight.errors import InputWarning, InvalidDataError
from mheight.tiers import COURSE_21

INF = math.inf
CODES = generate("uniform", 1, 3, groups=COURSE_21).samples
ROWS = [[*map(int, s), CODES.matrix(i)] for i, s in enumerate(zip(CODES.n, CODES.k, CODES.m))]  # noqa: B905


def profiles() -> list[list[float]]:
    """All heights of each code, and an infinity behind."""
    return [
        [*mheight.height_profile(systematic_generators(P[None])[0]).tolist(), INF] for *_, P in ROWS
    ]


def files(folder, heights):
    (folder / "x.pkl").write_bytes(pickle.dumps(ROWS))
    (folder / "y.pkl").write_bytes(pickle.dumps(heights))
    return folder / "x.pkl", folder / "y.pkl"


def row(n: int, k: int, m: int | None) -> Row:
    return Row(n, k, m, np.ones((k, n - k)))


@pytest.mark.parametrize(
    ("values", "of", "expected"),
    [
        ([2, 3, 4, 5, 6, INF], (9, 4, 2), 3),
        ([2, 3, 4, 5, 6], (9, 4, 5), 6),
        ([2, 3, 4, 5, INF, INF], (9, 4, 5), INF),  # h_5 is infinite too
        ([2, 3, 4, 5, 6, INF, INF, INF], (9, 4, 2), 3),
        ([1, 2, 3, 4, 5, 6, INF], (9, 4, 2), 3),  # behind h_0
        ([1, 1, 2, 3, 4, 5, INF], (9, 4, 1), 1),  # h_0 or h_1: the same
        ([7.5, INF], (9, 4, 3), 7.5),
        ([2, INF], (4, 2, 1), 2),
    ],
)
def test_which_height_is_meant(values, of, expected):
    assert height_among(values, row(*of), "sample 0") == expected


@pytest.mark.parametrize(
    ("values", "of", "message"),
    [
        ([2, INF], (4, 2, 2), r"\[2, inf\] can be read in two ways for n-k = 2"),
        ([1, 2, 3, 4, 5, INF], (9, 4, 1), "can be read in two ways for n-k = 5"),
        ([2, 3, 4], (9, 4, 2), r"\[2, 3, 4\] is no list of heights for n-k = 5"),
        ([2, 3, 4, 5, 6, 7], (9, 4, 2), "is no list of heights"),
        ([6, 5, 4, 3, 2, INF], (9, 4, 2), "is no list of heights"),
        ([0.5, 3, 4, 5, 6, INF], (9, 4, 2), "is no list of heights"),
        ([2, math.nan, 4, 5, 6, INF], (9, 4, 2), "is no list of heights"),
        ([2, 3, 4, 5, 6, INF], (9, 4, None), "several heights are given, and no m says which"),
    ],
)
def test_what_is_open_is_refused(values, of, message):
    with pytest.raises(InvalidDataError, match=f"sample 7: .*{message}"):
        height_among(values, row(*of), "sample 7")


@pytest.mark.parametrize("kind", [list, tuple, np.array, np.float32])
def test_lists_of_all_heights_with_an_infinity(tmp_path, kind):
    x, y = files(tmp_path, [kind(profile) for profile in profiles()])
    with pytest.warns(InputWarning, match="heights come in lists: h_m of each is taken"):
        read = read_samples(x, y)
    kept, report = check_import(read)
    assert report.faults == ()
    assert read.groups == COURSE_21
    np.testing.assert_allclose(read.labels, CODES.labels, rtol=1e-6)
    np.testing.assert_allclose(kept.labels, CODES.labels, rtol=1e-12)


def test_a_height_with_an_infinity_behind(tmp_path):
    x, y = files(tmp_path, np.column_stack([CODES.labels, np.full(len(CODES), INF)]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        two = [i for i, (n, k, m, _) in enumerate(ROWS) if n - k == 2 == m]
        assert not two  # where it could be read in two ways
        np.testing.assert_array_equal(read_samples(x, y).labels, CODES.labels)


def test_one_infinity_behind_all_heights(tmp_path):
    x, y = files(tmp_path, [*CODES.labels.tolist(), INF])
    with pytest.warns(InputWarning, match="22 heights for 21 samples; the last one is infinite"):
        read = read_samples(x, y)
    np.testing.assert_array_equal(read.labels, CODES.labels)
    x, y = files(tmp_path, [*CODES.labels.tolist(), 5.0])
    with pytest.raises(InvalidDataError, match="got 21 samples and 22 heights"):
        read_samples(x, y)


def test_lists_in_the_rows_themselves(tmp_path):
    rows = [
        {"n": n, "k": k, "m": m, "P": P.tolist(), "height": [*profile[:-1], None]}
        for (n, k, m, P), profile in zip(ROWS, profiles(), strict=True)
    ]
    rows = [{**one, "height": [h for h in one["height"] if h is not None]} for one in rows]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    np.testing.assert_allclose(read_samples(path).labels, CODES.labels, rtol=1e-12)


def test_float32_entries_are_taken_as_they_are(tmp_path):
    """0.1 as a float32 is 0.100000001490116..., and no other number."""
    rng = np.random.default_rng(4)
    narrow = [(n, k, m, rng.standard_normal((k, n - k)).astype(np.float32)) for n, k, m, _ in ROWS]
    x = tmp_path / "x.pkl"
    x.write_bytes(pickle.dumps([list(one) for one in narrow]))
    columns = {name: [one[i] for one in narrow] for i, name in enumerate("nkm")}
    flat = pa.array([one[3].ravel() for one in narrow], pa.list_(pa.float32()))
    pq.write_table(pa.table({**columns, "P": flat}), tmp_path / "x.parquet")
    for path in (x, tmp_path / "x.parquet"):
        read = read_samples(path)
        for i, (*_, P) in enumerate(narrow):
            np.testing.assert_array_equal(read.matrix(i), P.astype(np.float64))
    wide = read_samples(x)
    labels = exact_heights(wide).astype(np.float32)
    _, y = files(tmp_path, labels)
    x.write_bytes(pickle.dumps([list(one) for one in narrow]))
    _, report = check_import(read_samples(x, y))
    assert report.faults == ()  # a float32 height is right to seven digits
