"""What is typed or pasted, and functions that take text."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from pasted import BASE, OTHERS, REFUSED, SAME

import mheight
from mheight.codes import LinearCode
from mheight.codes.numbers import canonical, number
from mheight.codes.reading import parse_block, parse_blocks, parse_matrix, read_stream
from mheight.errors import InvalidCodeError


@pytest.mark.parametrize("text", SAME)
def test_the_same_matrix_however_it_is_written(text: str) -> None:
    assert parse_matrix(text) == BASE


@pytest.mark.parametrize("text", SAME)
def test_files_and_streams_read_what_is_typed(text: str) -> None:
    (block,) = read_stream(text.splitlines(keepends=True), "here")
    assert _numbers(block.values) == BASE


def _numbers(rows: Any) -> list[list[float]]:
    return [[number(x) if isinstance(x, str) else float(x) for x in row] for row in rows]


@pytest.mark.parametrize(("text", "rows", "kind"), OTHERS)
def test_other_matrices(text: str, rows: list[list[float]], kind: str | None) -> None:
    block = parse_block(text)
    assert [[float(x) for x in row] for row in block.values] == rows
    assert block.kind == kind
    exact = parse_block(text, exact=True).values
    assert [[float(Fraction(x)) for x in row] for row in exact] == rows


@pytest.mark.parametrize(("text", "message"), [(text, ours) for text, ours, _ in REFUSED])
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidCodeError) as caught:
        parse_matrix(text)
    assert str(caught.value) == message


def test_numbers_without_rounding() -> None:
    assert parse_matrix("½ 0.1; \u22121⅓ 1e-30", exact=True) == [["1/2", "0.1"], ["-4/3", "1e-30"]]
    assert [canonical(x) for x in ("⅟7", "¹\u2044₂", "2", " 3/4 ", "+.5")] == [
        "1/7", "1/2", "2", "3/4", "+.5",
    ]  # fmt: skip


def test_several_matrices_of_one_array() -> None:
    text = str(np.arange(12.0).reshape(2, 2, 3))
    assert [block.values for block in parse_blocks(text)] == [
        [[0, 1, 2], [3, 4, 5]],
        [[6, 7, 8], [9, 10, 11]],
    ]


@pytest.mark.parametrize("count", [3, 40])
def test_what_numpy_prints_is_read_or_refused(count: int) -> None:
    G = np.random.default_rng(count).normal(size=(count, 2 * count))
    for text in (str(G), repr(G)):
        if "..." in text:
            with pytest.raises(InvalidCodeError, match="left out"):
                parse_matrix(text)
        else:
            np.testing.assert_allclose(parse_matrix(text), G, atol=1e-8)


def test_a_bar_and_lone_decimal_commas_are_no_p() -> None:
    for text, message in (("1 0 | 1; 0 1 | 2", "a bar belongs"), ("0,5;1,5", "is 0.5 or the two")):
        with pytest.raises(InvalidCodeError, match=message):
            LinearCode.parse(text, systematic=True)
        with pytest.raises(InvalidCodeError, match=message):
            LinearCode.from_systematic(text)
    assert LinearCode.parse("1 0 | 1; 0 1 | 2").n == 3
    assert LinearCode.parse("1,5").n == 2


def test_functions_take_text() -> None:
    text = "1 0 1 1; 0 1 1 2"
    assert mheight.height_profile(text).tolist() == [2.0, 3.0]
    assert mheight.exact_profile("1 0 1/3 .1; 0 1 1 2") == (Fraction(90, 17), Fraction(30))
    assert mheight.find_height(text, 2).height == 3.0
    assert mheight.minimum_distance(text) == 3
    assert LinearCode(text) == LinearCode.parse(text)
    for function in (mheight.height_profile, mheight.exact_profile, LinearCode):
        with pytest.raises(InvalidCodeError, match="the text calls it H"):
            function("H = [1 1 1]")
        with pytest.raises(InvalidCodeError, match="got 2 entries in row 0 and 1 entry in row 1"):
            function("1 2; 3")
    for function in (mheight.height_profile, mheight.exact_profile):
        message = r"^G as text must be a rational number .*, got '1_0' at index \(0, 0\)$"
        with pytest.raises(InvalidCodeError, match=message):
            function([["1_0", 1]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            r"\begin{array} 1 & 2 \end{array}",
            r"\\begin\{array\} needs the types of its columns, as in \{cc\|cc\}$",
        ),
        ("[[1; 2], [3, 4]]", "a semicolon stands inside a row$"),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(InvalidCodeError, match=message):
        parse_matrix(text)


def test_bars_between_all_cells_part_nothing() -> None:
    """As P they would be [I | P], which is G."""
    block = parse_block("1 | 0 | 1\n0 | 1 | 2")
    assert block.told("P", "")[0] == [[1, 0, 1], [0, 1, 2]]
    with pytest.raises(InvalidCodeError, match=r"a bar belongs into \[I \| P\]"):
        parse_block("1 | 0 1\n0 | 1 2").told("P", "")


def test_commas_in_brackets_part_numbers_also_in_a_p() -> None:
    for text in ("[1,5]", "[[1,5]]", "[1,5\n]"):
        assert parse_block(text).told("P", "")[0] == [[1, 5]]
    with pytest.raises(InvalidCodeError, match=r"as P, '1,5' is 1\.5 or the two numbers 1 and 5"):
        parse_block("1,5").told("P", "")


def test_what_a_byte_order_mark_precedes() -> None:
    assert parse_matrix("\ufeff[[1, 0], [0, 1]]") == [[1, 0], [0, 1]]
