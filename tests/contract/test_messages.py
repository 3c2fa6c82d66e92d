"""The messages that the documentation quotes are those that the program prints."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from tiny import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
LEAST_LETTERS = 12
"""A text that says less, as `{path}: {error}`, would match anything."""


def template(node: ast.expr) -> str | None:
    """A regular expression of all that a string of the source can become."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) or ".*" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = template(node.left), template(node.right)
        return None if left is None and right is None else f"{left or '.*'}{right or '.*'}"
    return None


@cache
def templates() -> tuple[re.Pattern[str], ...]:
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            one = template(node) if isinstance(node, ast.expr) else None
            if one is not None and len(re.findall("[a-z]", one)) >= LEAST_LETTERS:
                found.add(one)
    return tuple(map(re.compile, found))


def is_printed(message: str) -> bool:
    """Whether a text of the sources makes this message, but for the place before it."""
    text = re.sub(r"^(error|warning): ", "", message)
    # On the command line the advice names the option.
    text = text.replace("--exact rounds nothing", "exact_profile computes without rounding")
    place = r"^\S+(, [a-z]+ \d+)?: "
    return any(
        one.fullmatch(said) for one in templates() for said in (text, re.sub(place, "", text))
    )


def quoted() -> list[str]:
    return re.findall(r"^ {4}((?:error|warning): .+)", PAGE.read_text("utf-8"), re.MULTILINE)


def test_messages_are_quoted():
    assert len(quoted()) >= 10


@pytest.mark.parametrize("message", quoted())
def test_a_quoted_message_is_printed_in_full(message):
    assert is_printed(message)


@pytest.mark.parametrize(
    "message",
    [
        "error: run_7 is in use by another program",
        "error: training needs the package keras",
        "error: data/ds1, matrix 3: anything at all",
    ],
)
def test_the_check_finds_what_is_not_printed(message):
    assert not is_printed(message)
