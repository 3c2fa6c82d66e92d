"""Kernels check nothing of what they get: their docstrings say what each array is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mheight

SOURCE = Path(mheight.__file__).parent
TEXTS = {str(path.relative_to(SOURCE)): path.read_text() for path in sorted(SOURCE.rglob("*.py"))}
WITH_KERNELS = [name for name, text in TEXTS.items() if "@kernel(" in text]


def kernels(text: str) -> Iterator[ast.FunctionDef]:
    """Functions decorated with `@kernel(...)`."""
    for one in ast.walk(ast.parse(text)):
        if isinstance(one, ast.FunctionDef) and any(
            isinstance(by, ast.Call) and isinstance(by.func, ast.Name) and by.func.id == "kernel"
            for by in one.decorator_list
        ):
            yield one


def named_tuples(text: str) -> Iterator[ast.ClassDef]:
    for one in ast.walk(ast.parse(text)):
        if isinstance(one, ast.ClassDef) and "NamedTuple" in map(ast.unparse, one.bases):
            yield one


NAMED = {
    one.name: (text.splitlines(), one)
    for text in TEXTS.values()
    if "NamedTuple" in text
    for one in named_tuples(text)
}
SCALARS = {"int", "float", "bool", "str", *NAMED}
TAKEN = {  # by kernels
    word
    for name in WITH_KERNELS
    for one in kernels(TEXTS[name])
    for word in re.findall(r"`(\w+)`", ast.get_docstring(one) or "")
    if word in NAMED
}


def used_as_arrays(function: ast.FunctionDef) -> set[str]:
    """Names with an index, a length, members, a shape or vectors of lanes."""
    used: list[ast.expr] = []
    for one in ast.walk(function):
        if isinstance(one, ast.Subscript | ast.Attribute):
            used.append(one.value)
        elif isinstance(one, ast.For):
            used.append(one.iter)
        elif isinstance(one, ast.Call) and ast.unparse(one.func) in {
            "len", "load", "store", "entry",
        }:  # fmt: skip
            used.append(one.args[0])
    return {one.id for one in used if isinstance(one, ast.Name)}


def entries(docstring: str) -> dict[str, str]:
    """What the section `Args:` says of each argument."""
    section = docstring.partition("\nArgs:\n")[2].partition("\n\n")[0]
    parts = re.split(r"^    (\w+):", section, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def faults(text: str) -> list[str]:
    """What the docstrings of the kernels in a source leave out."""
    found = []
    for function in kernels(text):
        docstring = ast.get_docstring(function)
        if docstring is None:
            found.append(f"{function.name}: no docstring")
            continue
        said, used = entries(docstring), used_as_arrays(function)
        for name in [argument.arg for argument in function.args.args]:
            told = said.get(name, "")
            if name in used and not (
                re.search(r"\bshape \(", told)
                or any(tuple_ in NAMED for tuple_ in re.findall(r"`(\w+)`", told))
            ):
                found.append(f"{function.name}: no shape of {name}")
    return found


def test_every_kernel_is_looked_at() -> None:
    assert len(WITH_KERNELS) > 20
    assert {"Vertex", "Stack", "SweepTables", "Generation"} <= TAKEN
    for name in WITH_KERNELS:
        decorators = re.findall(r"^\s*@kernel\b", TEXTS[name], flags=re.MULTILINE)
        assert len(list(kernels(TEXTS[name]))) == len(decorators), name


@pytest.mark.parametrize("name", WITH_KERNELS)
def test_docstrings_say_what_each_array_is(name: str) -> None:
    assert faults(TEXTS[name]) == []


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_named_tuples_that_kernels_take_have_shapes(name: str) -> None:
    lines, class_ = NAMED[name]
    for field in class_.body:
        if isinstance(field, ast.AnnAssign) and ast.unparse(field.annotation) not in SCALARS:
            assert re.search(r"  # \(.*,.*\)", lines[field.lineno - 1]), ast.unparse(field)


GOOD = '''
@kernel()
def double(x, at, size):
    """Twice an array.

    Args:
        x: shape (n,), changed.
        at: `Stack`.
        size: how much of it.
    """
    for i in range(min(size, at.place[0])):
        x[i] *= 2.0
'''


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x", "x", []),
        ("shape (n,), ", "", ["double: no shape of x"]),
        ("        x: shape (n,), changed.\n", "", ["double: no shape of x"]),
        ("`Stack`", "a stack", ["double: no shape of at"]),
        ("`Stack`", "`Stock`", ["double: no shape of at"]),
        ("Args:", "Arguments:", ["double: no shape of x", "double: no shape of at"]),
        ('"""', "'", ["double: no docstring"]),
        ("@kernel()", "@wraps()", []),
    ],
)
def test_what_is_left_out_is_found(old: str, new: str, expected: list[str]) -> None:
    text = GOOD.replace(old, new)
    if new == "'":
        text = re.sub(r"    '.*?'\n", "", text, flags=re.DOTALL)
    assert faults(text) == expected


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("x[0]", ["f: no shape of x"]),
        ("len(x)", ["f: no shape of x"]),
        ("x.shape[1:]", ["f: no shape of x"]),
        ("load(x, 8)", ["f: no shape of x"]),
        ("[_ for _ in ()] or abs(x)", []),
    ],
)
def test_what_counts_as_an_array(use: str, expected: list[str]) -> None:
    assert faults(f'@kernel()\ndef f(x):\n    """Nothing."""\n    return {use}\n') == expected
