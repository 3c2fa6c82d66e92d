"""Imports inside functions: of what is slow to load, and of nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import mheight

SOURCE = Path(mheight.__file__).parent
SLOW = {
    "distributed", "fastapi", "jax", "keras", "matplotlib", "numba", "numpy", "onnx",
    "onnxruntime", "optuna", "pyarrow", "scipy", "sklearn", "uvicorn",
}  # fmt: skip
"""Libraries that take a tenth of a second or more to load, which most commands do without."""

CIRCLES = {("mheight.codes.reading.text", "mheight.codes.reading.objects")}
"""A text may hold objects, whose values may be texts."""


def test_only_what_is_slow_to_load_is_imported_inside_functions() -> None:
    found = [
        f"{module}, line {line}: {target}"
        for module, path in modules().items()
        for line, target in inside_functions(tree(path))
        if not loaded_with(target) - loaded_with(module) and (module, target) not in CIRCLES
    ]
    assert not found, "\n".join(found)


def test_slow_libraries_are_seen() -> None:
    """Else the test above would pass whatever is imported."""
    assert "matplotlib" in loaded_with("mheight.evaluation.plots")
    assert "onnxruntime" not in loaded_with("mheight.codes")
    assert len([1 for path in modules().values() for _ in inside_functions(tree(path))]) > 10


@cache
def modules() -> dict[str, Path]:
    """All modules of the package."""
    out = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def inside_functions(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Lines and names of what functions import."""
    seen = set()
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                for name in imported(inner):
                    if (inner, name) not in seen:
                        seen.add((inner, name))
                        yield inner.lineno, name  # type: ignore[attr-defined]


def imported(node: ast.AST) -> list[str]:
    """Modules that a statement imports; of `from a import b` b, where that is a module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in modules() else node.module for name in names]
    return []


def at_the_top(statements: list[ast.stmt]) -> Iterator[str]:
    """Modules that are imported when a module is; not for type checkers alone."""
    for node in statements:
        yield from imported(node)
        if isinstance(node, ast.Try | ast.With):
            yield from at_the_top(node.body)


@cache
def loaded_with(module: str) -> frozenset[str]:
    """The slow libraries that come with a module."""
    found, open_, seen = set(), [module], set()
    while open_:
        name = open_.pop()
        parts = name.split(".")
        if parts[0] in SLOW:
            found.add(parts[0])
        # The packages that a module is in are loaded before it.
        for one in (".".join(parts[:i]) for i in range(1, len(parts) + 1)):
            if one in modules() and one not in seen:
                seen.add(one)
                open_ += at_the_top(tree(modules()[one]).body)
    return frozenset(found)
