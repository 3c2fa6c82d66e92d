"""What an error quotes never breaks its line, nor reaches a terminal as commands."""

from __future__ import annotations

import pytest

from mheight.errors import InputWarning, InvalidDataError, MheightError, remark_on_input


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("plain", "plain"),
        ("two  blanks", "two  blanks"),
        ("ünïcode ∞", "ünïcode ∞"),
        ("a\nb\t c", "a b c"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("\u202eright to left", "\\u202eright to left"),
        ("lone \udcff", "lone \\udcff"),
    ],
)
def test_an_error_is_one_printable_line(quoted: str, shown: str) -> None:
    assert str(InvalidDataError(f"got {quoted}")) == f"got {shown}"
    assert str(MheightError()) == ""
    with pytest.warns(InputWarning) as told:
        remark_on_input(f"got {quoted}")
    assert str(told[0].message) == f"got {shown}"
