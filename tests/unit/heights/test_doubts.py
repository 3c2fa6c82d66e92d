"""A doubt is a value; warnings, tables and files follow from it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import mheight
from mheight import AccuracyWarning, DoubtKind, find_height, height_profile, m_height
from mheight.heights.distance import distance_with_doubts
from mheight.heights.doubts import Doubt, Profiles, summary
from mheight.heights.finding import find_heights
from mheight.heights.output.files import json_lines
from mheight.heights.output.rows import profile_rows, witness_rows

CERTAIN = [[1.0, 0, 1, 1], [0, 1, 1, 2]]
LARGE = [[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-13]]
LARGER = [[1.0, 0, 1, 1], [0, 1, 1, 1 + 3e-14]]
DEPENDENT = [[1.0, 2, 3, 4], [1, 2 + 1e-9, 3, 4 - 1e-9]]


def test_each_code_of_a_batch_has_its_own_doubts() -> None:
    found = mheight.profile_with_doubts(np.array([CERTAIN, LARGE, CERTAIN, LARGER, DEPENDENT]))
    kinds = [(doubt.code, doubt.kind, doubt.m) for doubt in found.doubts]
    assert kinds == [
        (1, DoubtKind.LARGE_HEIGHT, 2),
        (3, DoubtKind.CALLED_INFINITE, 2),
        (4, DoubtKind.CONDITION, None),
    ]
    assert found.doubtful.tolist() == [False, True, False, True, True]
    assert found.doubts_of(3)[0].value == pytest.approx(2 / 3e-14, rel=0.01)
    assert found.text == f"3 of 5 codes; code 1: {found.doubts_of(1)[0].text}"
    assert np.isinf(found.heights[3, 1])


def test_a_certain_code_has_none() -> None:
    found = mheight.profile_with_doubts(CERTAIN)
    assert (found.is_certain, found.doubts, found.text, found.codes) == (True, (), None, None)
    assert found.doubtful.tolist() == [False]


def test_values_are_frozen() -> None:
    found = mheight.profile_with_doubts(LARGE)
    with pytest.raises(AttributeError):
        found.doubts = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        found.doubts[0].m = 1  # type: ignore[misc]


def test_warnings_follow_from_the_value() -> None:
    found = mheight.profile_with_doubts(np.array([CERTAIN, LARGE]))
    with pytest.warns(AccuracyWarning) as caught:
        height_profile(np.array([CERTAIN, LARGE]))
    assert str(caught[0].message) == f"{found.text}; exact_profile computes without rounding"
    assert caught[0].filename == __file__
    assert isinstance(caught[0].message, AccuracyWarning)
    assert caught[0].message.doubts == found.doubts


def test_one_height_is_warned_of_only_if_it_is_in_doubt() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert m_height(LARGE, 1) == pytest.approx(2)
        assert find_height(LARGE, 1).doubts == ()
    for ask in (m_height, find_height):
        with pytest.warns(AccuracyWarning, match="h_2 = ") as caught:
            ask(LARGE, 2)
        assert caught[0].filename == __file__


def test_solutions_carry_doubts() -> None:
    with pytest.warns(AccuracyWarning, match=r"is reported; if they are rounded"):
        solution = find_height(LARGER, 2)
    (doubt,) = solution.doubts
    assert (doubt.kind, doubt.m, doubt.value) == (DoubtKind.LARGE_HEIGHT, 2, solution.height)
    assert str(solution).endswith(f"; in doubt: {doubt.text}")
    assert json.loads(json.dumps(solution.as_dict()))["doubts"][0]["kind"] == "large height"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [len(s.doubts) for s in find_heights(DEPENDENT)] == [1, 1]
    with pytest.warns(AccuracyWarning, match="condition number"):
        mheight.certificates(DEPENDENT)


def test_long_codes_tell_the_minor() -> None:
    G = np.hstack([np.eye(2), np.random.default_rng(0).uniform(1, 2, (2, 16))])
    G[:, 17] = G[:, 16] * [1, 1 + 2e-13]
    (doubt,) = mheight.profile_with_doubts(G).doubts
    assert doubt.kind is DoubtKind.DROPPED_MINOR
    assert doubt.value == pytest.approx(1e-13, rel=0.1)
    G[:, 17] = G[:, 16] * [1, 1 + 2e-10]
    (doubt,) = mheight.profile_with_doubts(G).doubts
    assert doubt.kind is DoubtKind.SMALL_MINOR
    assert doubt.error is not None
    assert 1e-7 < doubt.error < 1e-4


def test_rows_number_doubts_as_their_source_does() -> None:
    rows = profile_rows(7, np.array([CERTAIN, LARGE]))
    assert [doubt.code for doubt in rows.doubts] == [8]
    assert [text is not None for text in rows.doubt_texts] == [False, False, False, True]
    assert profile_rows(7, np.array([CERTAIN, LARGE]), 1).doubts == ()
    plain, doubtful = json_lines(rows)
    assert "doubts" not in json.loads(plain)
    assert json.loads(doubtful)["doubts"] == [rows.doubts[0].as_dict()]
    assert [doubt.code for doubt in witness_rows(3, np.array(DEPENDENT)).doubts] == [3]


SENTENCES = {
    "dropped minor": (
        {"value": 2e-13},
        "a minor of 2e-13 of its permanent counts as zero, so an infinite height may be finite "
        "and large",
    ),
    "small minor": (
        {"value": 2e-10, "error": 1e-5},
        "the smallest minor is 2e-10 of its permanent, so heights may be off by a relative 1e-05",
    ),
    "unsettled minor": ({}, "a minor is close to the rounding error of its computation"),
    "large height": (
        {"m": 3, "value": 6.7e12},
        "h_3 = 6.7e+12 for exactly these entries and is reported; if they are rounded, it may be "
        "finite or infinite",
    ),
    "called infinite": (
        {"m": 2, "value": 6.7e13},
        "h_2 = 6.7e+13 for exactly these entries and is called infinite; if they are rounded, it "
        "may be finite or infinite",
    ),
    "condition": (
        {"value": 3e9, "error": 2e-7},
        "the matrix has condition number 3e+09 and is taken as it is; if its entries are rounded, "
        "heights may be off by a relative 2e-07 or more",
    ),
    "near dependence": (
        {"value": 3e-12},
        "columns count as dependent that are so to 3e-12, but not for exactly these entries",
    ),
    "certificate": ({"m": 4}, "the certificate of h_4 is spoilt by rounding"),
}


def test_every_kind_has_its_sentence() -> None:
    assert {kind.value for kind in DoubtKind} == SENTENCES.keys()
    for kind, (values, sentence) in SENTENCES.items():
        assert Doubt(0, DoubtKind(kind), **values).text == sentence  # type: ignore[arg-type]


def test_a_summary_counts_codes_not_doubts() -> None:
    first = Doubt(2, DoubtKind.DROPPED_MINOR, value=2e-13)
    second = Doubt(2, DoubtKind.SMALL_MINOR, value=2e-10, error=1e-5)
    assert summary([first, second], 9) == f"1 of 9 codes; code 2: {first.text}; {second.text}"
    assert Profiles(np.ones((3, 2)), (first, second)).doubtful.tolist() == [False, False, True]


def test_nobody_listens_to_warnings() -> None:
    """Doubts are passed on as values; a hook of the whole process would mix up threads."""
    for path in Path(mheight.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "showwarning" not in source, path
        assert not ("AccuracyWarning" in source and "catch_warnings" in source), path


def test_a_distance_in_doubt_is_said() -> None:
    """Two columns that are parallel but for 1e-11: of weight 2 as rounded, not as they are."""
    rng = np.random.default_rng(3)
    P = rng.uniform(1, 2, (3, 17))
    P[0] = 0.0
    P[0, 0], P[0, 1] = 1.0, 1e-11
    G = np.hstack([np.eye(3), P])
    with pytest.warns(AccuracyWarning, match=r"count as dependent that are so to .e-1[12],"):
        assert mheight.minimum_distance(G) == 2
    with pytest.warns(AccuracyWarning, match="h_2 = "):
        mheight.minimum_distance(G[:, :12])
    P[0, 1] = 0.0
    distance, doubts = distance_with_doubts(np.hstack([np.eye(3), P]))
    assert (distance, doubts) == (2, ())
    assert distance_with_doubts(rng.standard_normal((3, 20))) == (18, ())


def test_a_doubt_as_json() -> None:
    doubt = Doubt(3, DoubtKind.SMALL_MINOR, m=2, value=2e-10, error=1e-5)
    assert doubt.as_dict() == {
        "kind": "small minor", "m": 2, "value": 2e-10, "error": 1e-5, "text": doubt.text,
    }  # fmt: skip


@pytest.mark.parametrize(("apart", "kind"), [(2e-13, "dropped minor"), (2e-10, "small minor")])
def test_doubts_about_minors_of_long_codes_name_the_code(apart: float, kind: str) -> None:
    rng = np.random.default_rng(0)
    codes = np.concatenate([np.tile(np.eye(2), (3, 1, 1)), rng.uniform(1, 2, (3, 2, 16))], axis=2)
    codes[1, :, 17] = codes[1, :, 16] * [1, 1 + apart]
    doubts = mheight.profile_with_doubts(codes).doubts
    assert [(doubt.code, doubt.kind) for doubt in doubts] == [(1, kind)]


def test_one_height_is_warned_of_only_if_it_is_the_one_in_doubt() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert m_height(np.array([CERTAIN, LARGE]), 1).tolist() == [2.0, 2.0]
    with pytest.warns(AccuracyWarning, match=r"^1 of 2 codes; code 1: h_2 = "):
        m_height(np.array([CERTAIN, LARGE]), 2)
