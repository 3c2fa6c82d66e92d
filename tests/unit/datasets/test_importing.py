from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mheight.datasets import Samples, check_import, exact_heights
from mheight.errors import InvalidDataError

EXACT = Samples.from_rows(
    [
        [9, 4, 2, np.vander([1, 2, 3, 5], 5)],
        [9, 5, 2, (np.arange(1, 21) ** 2 % 11).reshape(5, 4)],
        [9, 6, 2, (np.arange(1, 19) ** 3 % 13).reshape(6, 3)],
        [9, 4, 2, np.arange(1, 21).reshape(4, 5)],
        [9, 4, 5, np.diag([1, 2, 3, 4])[:, [0, 1, 2, 3, 3]]],
    ]
)
"""Four samples of finite height and one, the last, of infinite height."""


def test_what_was_planted_is_found() -> None:
    heights = exact_heights(EXACT)
    assert np.isfinite(heights).tolist() == [True] * 4 + [False]
    heights[1] *= 1 + 5e-7  # within the tolerance
    heights[2] *= 1 + 2e-6  # wrong
    heights[3] = np.inf  # wrong
    heights[4] = 1234.5  # wrong: infinite
    labelled = EXACT.with_heights(heights)
    same_row = labelled.take(np.array([0]))
    same_matrix = replace(same_row, m=same_row.m + 1, heights=None)
    same_matrix = same_matrix.with_heights(exact_heights(same_matrix))
    other_signs = replace(same_row, parity=-same_row.parity)
    rows = Samples.concatenate([labelled, same_row, same_matrix, other_signs], renumber=True)

    kept, report = check_import(rows)

    found = report.as_dict()
    groups = found.pop("groups")
    assert {name: count for name, count in groups.items() if count} == {
        "(4,2)": 4,
        "(4,3)": 1,
        "(4,5)": 1,
        "(5,2)": 1,
        "(6,2)": 1,
    }
    assert found.pop("largest_relative_error") == pytest.approx(5e-7)
    assert found == {
        "rows": 8,
        "exact_repeats": 1,
        "distinct_matrices": 6,
        "inequivalent_codes": 5,
        "infinite_heights": {"(4,5)": 1},
        "labels_given": True,
        "wrong_labels": {"(4,2)": 1, "(6,2)": 1},
        "labels_finite_where_infinite": {"(4,5)": 1},
        "heights_in_doubt": {},
        "first_doubt": "",
        "kept": 7,
    }
    assert kept.sample_id.tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert [(fault.sample, fault.given) for fault in report.faults] == [
        (2, heights[2]),
        (3, np.inf),
        (4, 1234.5),
    ]
    np.testing.assert_array_equal(kept.labels, exact_heights(kept))


def test_rows_without_labels_get_them() -> None:
    kept, report = check_import(EXACT)
    assert not report.labels_given
    assert (report.wrong_labels, report.labels_finite_where_infinite) == ({}, {})
    assert report.largest_relative_error == 0.0
    assert report.infinite_heights == {"(4,5)": 1}
    np.testing.assert_array_equal(kept.labels, exact_heights(EXACT)[:4])


def test_infinite_labels_of_infinite_heights_are_right() -> None:
    _, report = check_import(EXACT.with_heights(exact_heights(EXACT)))
    assert report.wrong_labels == {}
    assert report.labels_finite_where_infinite == {}
    assert report.infinite_heights == {"(4,5)": 1}
    assert report.largest_relative_error == 0.0


def test_nothing_but_infinite_heights() -> None:
    kept, report = check_import(EXACT.take(np.array([4, 4])))
    assert len(kept) == report.kept == 0
    assert report.infinite_heights == {"(4,5)": 2}
    with pytest.raises(InvalidDataError, match="every sample has an infinite height"):
        report.require_kept()


def test_ds1(ds1: Samples) -> None:
    kept, report = check_import(ds1)
    assert report.rows == report.kept == len(kept) == 32_087
    assert list(report.groups.values()) == [2677, 2588, 2376, 1494, 3579, 3286, 2002, 9336, 4749]
    assert report.exact_repeats == 589
    assert report.distinct_matrices == 15_344
    assert report.inequivalent_codes <= report.distinct_matrices
    assert (report.infinite_heights, report.wrong_labels) == ({}, {})
    assert 0 < report.largest_relative_error < 3e-11


def test_uniform4500(uniform4500: Samples) -> None:
    kept, report = check_import(uniform4500)
    assert report.infinite_heights == {"(4,4)": 1, "(4,5)": 50, "(5,4)": 47, "(6,3)": 55}
    assert report.labels_finite_where_infinite == report.infinite_heights
    assert report.wrong_labels == {}
    assert report.kept == len(kept) == 4_347
    assert np.isfinite(kept.labels).all()
