"""A label in doubt is counted wherever labels are checked, and said beside its row."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pyarrow.csv
import pytest

from mheight import AccuracyWarning
from mheight.datasets import check_import, exact_heights, exact_labels, write_parquet
from mheight.datasets.ensembles import _heights
from mheight.datasets.samples import Samples
from mheight.deployment import Predictor


def nearly_parallel(k: int, change: float) -> np.ndarray:
    """P of a code that has a word of weight 2 but for this change: h_2 is 1/change."""
    P = np.arange(1.0, 1 + k * (9 - k)).reshape(k, 9 - k) % 7 + 1
    P[0] = 0.0
    P[0, 0], P[0, 1] = 1.0, change
    return P


@pytest.fixture
def samples() -> Samples:
    """Row 1 is certain; rows 0, 2 and 3 are in doubt, 2 for a reason of all m."""
    certain = np.arange(20.0).reshape(4, 5) % 7 - 3
    return Samples.from_rows(
        [
            [9, 4, 3, nearly_parallel(4, 1e-12)],
            [9, 4, 2, certain],
            [9, 5, 2, nearly_parallel(5, 1e-12)],
            [9, 4, 2, nearly_parallel(4, 1e-12)],
            [9, 5, 3, np.arange(20.0).reshape(5, 4) % 7 - 3],
        ]
    )


def test_labels_carry_doubts(samples: Samples) -> None:
    found = exact_labels(samples)
    assert found.doubtful.tolist() == [True, False, True, True, False]
    assert [bool(text) for text in found.texts] == found.doubtful.tolist()
    assert found.text(10) == f"sample 10: {found.texts[0]}"
    with pytest.warns(AccuracyWarning, match="^3 of 5 codes; code 0: h_2 = "):
        np.testing.assert_array_equal(exact_heights(samples), found.heights)


def test_nothing_is_in_doubt_of_course_codes(samples: Samples) -> None:
    found = exact_labels(samples.take(np.array([1, 4])))
    assert (found.doubts, found.text(), found.texts.tolist()) == ((), None, ["", ""])


def test_an_import_counts_them(samples: Samples) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, report = check_import(samples)
    assert report.heights_in_doubt == {"(4,2)": 1, "(4,3)": 1, "(5,2)": 1}
    assert report.first_doubt.startswith("sample 0: h_2 = ")
    json.dumps(report.as_dict())


def test_generated_codes_are_never_in_doubt() -> None:
    parity = np.array([nearly_parallel(4, 1e-12), np.arange(20.0).reshape(4, 5) % 7 - 3])
    heights = _heights(parity, 2)
    assert np.isinf(heights[0])
    assert np.isfinite(heights[1])


def test_predictions_flag_them(samples: Samples) -> None:
    flags = Predictor.load().predict(samples).flags.tolist()
    assert [flag.endswith("exact height in doubt") for flag in flags] == [
        True, False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("options", [["--method", "exact"], []])
def test_commands_say_them(mheight, samples: Samples, tmp_path, options) -> None:
    write_parquet(samples, tmp_path / "x.parquet")
    status, text, err = mheight(
        "predict", tmp_path / "x.parquet", "-o", tmp_path / "out.csv", *options
    )
    assert (status, "Warning" in err) == (0, False)
    column = "doubt" if options else "flag"
    assert f"3 exact heights are in doubt (column {column})" in text
    said = pyarrow.csv.read_csv(tmp_path / "out.csv").column(column).to_pylist()
    assert ["doubt" in x or "h_2" in x for x in said] == [True, False, True, True, False]


def test_the_other_commands_too(mheight, samples: Samples, tmp_path) -> None:
    write_parquet(samples, tmp_path / "x.parquet")
    _, text, _ = mheight("data", "import", tmp_path / "x.parquet", "-o", tmp_path / "data")
    assert "exact heights in doubt: 3 (1 in (4,2), 1 in (4,3), 1 in (5,2)); sample 0: h_2" in text
    _, _, err = mheight("data", "inspect", tmp_path / "x.parquet")
    assert "3 are in doubt; sample 0: h_2 = " in err
    _, text, _ = mheight("heights", tmp_path / "x.parquet", "-o", tmp_path / "h.parquet")
    assert "3 are in doubt (column doubt); sample 0: h_2 = " in text
    _, text, _ = mheight("heights", tmp_path / "x.parquet", "-o", tmp_path / "h.npy")
    assert "3 are in doubt; sample 0: h_2 = " in text


def test_samples_of_any_length_beyond_the_redundancy_are_infinite(mheight, tmp_path) -> None:
    P = [[1.0, 2.0, 3.0], [1.0, 1.0, 2.0], [3.0, 1.0, 1.0]]
    rows = [[6, 3, m, P] for m in (1, 3, 4, 5)]
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(rows))
    status, _, _ = mheight("heights", tmp_path / "x.pkl", "-o", tmp_path / "h.npy")
    assert status == 0
    heights = np.load(tmp_path / "h.npy")
    assert np.isfinite(heights).tolist() == [True, True, False, False]
