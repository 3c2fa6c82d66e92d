"""Codes that somebody submits, beside the best that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mheight.catalogue import best_code, judge_submission
from mheight.catalogue.chains import Chain
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.submitting import read_exact
from mheight.errors import InvalidCodeError, InvalidDataError

GIVEN = Chain.given("test")


def test_submissions() -> None:
    known = best_code(6, 3, 3).record.code
    mixed = known.floats()[:, [3, 0, 5, 1, 2, 4]] * [1, -1, 1, 1, -1, 1]
    assert judge_submission(ExactCode(mixed.tolist(), GIVEN), 3)[0].outcome == "equivalent"
    assert judge_submission(ExactCode([[1, 0, 1, 1], [0, 1, 1, 2]], GIVEN), 2)[0].outcome == "worse"
    other = ExactCode([[1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1]], GIVEN)
    assert [judged.outcome for judged in judge_submission(other, 2)] == ["equivalent"] * 2
    with pytest.raises(InvalidCodeError, match="is infinite"):
        judge_submission(ExactCode([[1, 0, 1, 0], [0, 1, 1, 0]], GIVEN), 2)
    with pytest.raises(InvalidCodeError, match=r"m must be an integer in 1\.\.n-k"):
        judge_submission(ExactCode([[1, 0, 1], [0, 1, 1]], GIVEN), 2)


def test_better_and_better_only_within_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = best_code(5, 3, 2)
    code = ExactCode(entry.record.code.floats().tolist(), GIVEN)
    outcomes = []
    for height in ("4.3", repr(entry.number * (1 + 1e-12))):
        held = replace(entry, height=height, record=replace(entry.record, code=ExactCode(
            [[1, 0, 0, 1, 2], [0, 1, 0, 1, 3], [0, 0, 1, 1, 5]], GIVEN)))  # fmt: skip
        monkeypatch.setattr("mheight.catalogue.submitting.best_code", lambda *_, held=held: held)
        outcomes.append(judge_submission(code, 2, ["real"])[0].outcome)
    assert outcomes == ["better", "better only within rounding"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "a generator matrix must have rows of one length, at least one$"),
        ("[1, 2]", r'an object with "rows", a list of lists, is wanted$'),
        ('{"lines": [[1, 1]]}', r'an object with "rows", a list of lists, is wanted$'),
        ("{", "not JSON: Expecting property name"),
        ('[["one", 1]]', r"a number must be like .*, got 'one' \(an operation that is not known"),
    ],
)
def test_submissions_that_are_no_codes(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "code.json"
    path.write_text(text)
    with pytest.raises(InvalidDataError, match=f"^{path}: {message}"):
        read_exact(path)
    with pytest.raises(InvalidDataError, match=f"^{path}x: no such file$"):
        read_exact(path.with_name("code.jsonx"))
