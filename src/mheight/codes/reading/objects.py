"""Matrices in the values of JSON and of pickles: lists, objects, arrays, text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mheight.codes.numbers import shortened
from mheight.codes.reading.blocks import Block, Kind, batch_length
from mheight.codes.reading.headers import holds_samples, kind_of_name
from mheight.codes.reading.records import shape_of, tell_left_out, whole
from mheight.codes.reading.text import parse_block
from mheight.errors import InvalidCodeError

__all__ = ["array_blocks", "is_sample", "object_blocks"]


def object_blocks(
    value: Any, name: str, exact: bool = False, told: set[str] | None = None
) -> Iterator[Block]:
    """Matrices of a value of plain lists, objects, texts and NumPy arrays, in its order.

    Args:
        value: a matrix, a list of matrices, an object with one of the keys G, P and H (or
            GeneratorMatrix and the like), objects by name, or an object with a list of
            matrices under one key.  A matrix may be text.
        name: what messages call the source; empty for typed text.
        exact: leave text as it is, so that nothing is rounded.
        told: keys not read that were warned of already, in earlier values of the same source;
            those warned of now are added.

    Raises:
        InvalidCodeError: something else, or a key that could be another matrix.
    """
    return _Reader(name, exact, set() if told is None else told).blocks(value, "")


def array_blocks(
    array: np.ndarray[Any, Any], where: str, kind: Kind | None = None
) -> Iterator[Block]:
    """Matrices of an array of shape (k, n) or (N, k, n), some at a time.

    Raises:
        InvalidCodeError: another shape, or entries that are no real numbers.
    """
    if array.dtype.kind not in "biuf":
        raise InvalidCodeError(f"{where}: an array of real numbers is needed, got {array.dtype}")
    if array.ndim not in (2, 3):
        raise InvalidCodeError(
            f"{where}: an array of shape (k, n) or (N, k, n) is needed, got {array.shape}"
        )
    stack = array[None] if array.ndim == 2 else array
    step = batch_length(stack.shape[1] * stack.shape[2])
    for start in range(0, len(stack), step):
        yield Block(np.asarray(stack[start : start + step]), kind)


def is_sample(value: Any) -> bool:
    """Whether a value is a sample, `[n, k, m, P]` or an object with these keys."""
    if isinstance(value, Mapping):
        return holds_samples([str(key) for key in value])
    return (
        isinstance(value, list | tuple)
        and len(value) == 4
        and isinstance(value[3], list | tuple | np.ndarray)
        and not isinstance(value[0], list | tuple | np.ndarray)
    )


class _Reader:
    """Walks through a value; keys that are not read are told once."""

    def __init__(self, name: str, exact: bool, told: set[str]) -> None:
        self._name = name
        self._exact = exact
        self._told = told

    def blocks(self, value: Any, where: str) -> Iterator[Block]:
        if isinstance(value, str):
            yield self._text(value, where)
        elif isinstance(value, np.ndarray):
            if value.dtype.kind == "O":
                yield from self.blocks(value.tolist(), where)
            else:
                yield from array_blocks(value, self._at(where))
        elif is_sample(value) or (isinstance(value, list) and value and is_sample(value[0])):
            raise InvalidCodeError(f"{self._at(where)}: samples n, k, m, P, not matrices")
        elif isinstance(value, Mapping):
            yield from self._of_mapping(value, where)
        elif isinstance(value, list | tuple):
            if _is_one(value):
                yield Block(value)
            else:
                for i, item in enumerate(value):
                    yield from self.blocks(item, f"{where}[{i}]")
        else:
            raise InvalidCodeError(
                f"{self._at(where)}: a list of matrices is needed, got {type(value).__name__}"
            )

    def _at(self, where: str) -> str:
        return f"{self._name}{', at ' + where if where and self._name else where}" or "the text"

    def _text(self, value: str, where: str) -> Block:
        try:
            return parse_block(value, exact=self._exact)
        except InvalidCodeError as error:
            raise InvalidCodeError(f"{self._at(where)}: {error}") from None

    def _of_mapping(self, value: Mapping[Any, Any], where: str) -> Iterator[Block]:
        kinds = {key: kind_of_name(str(key)) for key in value}
        found = [key for key, kind in kinds.items() if kind is not None and value[key] is not None]
        if len(found) == 1:
            yield from self._of_kind(value, found[0], kinds[found[0]] or "G", where)
            return
        holders = [key for key, item in value.items() if _holds_matrices(item)]
        others = [str(key) for key in value if key not in holders]
        if len(found) > 1 or not holders or (others and len(holders) > 1):
            raise InvalidCodeError(
                f"{self._at(where)}: an object needs exactly one of the keys G, P and H, a list "
                "of matrices under one key, or matrices alone by name, "
                f"got {shortened(', '.join(map(str, value))) or 'no key'}"
            )
        self._tell(others)
        for key in holders:
            yield from self.blocks(value[key], f"{where}[{str(key)!r}]")

    def _of_kind(
        self, value: Mapping[Any, Any], key: Any, kind: Kind, where: str
    ) -> Iterator[Block]:
        matrix = value[key]
        self._tell(str(other) for other in value if other not in (key, "n", "k"))
        said = {what: value[what] for what in ("n", "k") if what in value}
        shape = None
        at = f"{self._at(where)}: {key}" if self._name or where else str(key)
        if len(said) == 2:
            n, k = (whole(said[what], what, at) for what in ("n", "k"))
            shape = shape_of(kind, n, k, at)
        if isinstance(matrix, str):
            block = self._text(matrix, where)
            if block.kind not in (None, kind):
                raise InvalidCodeError(f"{at}: the text calls the matrix {block.kind}")
            matrix, not_p = block.values, block.not_p
        else:
            not_p = ""
        if not isinstance(matrix, list | tuple | np.ndarray):
            raise InvalidCodeError(f"{at}: rows are needed, got {type(matrix).__name__}")
        if shape is not None:
            matrix = _shaped(matrix, shape, at)
        if isinstance(matrix, np.ndarray) and matrix.dtype.kind != "O":
            yield from array_blocks(matrix, at, kind)
            return
        if isinstance(matrix, np.ndarray):
            matrix = matrix.tolist()
        if isinstance(matrix, list | tuple) and not _is_one(matrix):
            if not matrix:
                raise InvalidCodeError(f"{at}: rows are needed, got none")
            for one in matrix:
                yield Block(one, kind)
        else:
            yield Block(matrix, kind, not_p)

    def _tell(self, keys: Iterator[str] | Sequence[str]) -> None:
        unheard = [key for key in keys if key not in self._told]
        self._told.update(unheard)
        tell_left_out(self._name, unheard)


def _shaped(matrix: Any, shape: tuple[int, int], where: str) -> Any:
    """The matrix, or the flat list of its entries as rows."""
    if len(matrix) and not isinstance(matrix[0], list | tuple | np.ndarray):
        if len(matrix) != shape[0] * shape[1]:
            raise InvalidCodeError(
                f"{where} must have shape {shape}, as n and k say, got {len(matrix)} entries"
            )
        return [list(matrix[i * shape[1] : (i + 1) * shape[1]]) for i in range(shape[0])]
    got = (len(matrix), len(matrix[0]) if len(matrix) else 0)
    if got != shape:
        raise InvalidCodeError(f"{where} must have shape {shape}, as n and k say, got {got}")
    return matrix


def _is_one(value: Sequence[Any]) -> bool:
    """Whether a list is a matrix (or a vector), rather than several."""
    if not value:
        return False
    first = value[0]
    if isinstance(first, list | tuple):
        return bool(first) and not isinstance(first[0], list | tuple | Mapping | np.ndarray)
    if isinstance(first, np.ndarray):
        return first.ndim < 2
    return not isinstance(first, Mapping | str)


def _holds_matrices(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim >= 2 or (value.dtype.kind == "O" and value.size > 0)
    if isinstance(value, list | tuple):
        return bool(value) and isinstance(value[0], list | tuple | Mapping | np.ndarray)
    return isinstance(value, Mapping) and any(
        kind_of_name(str(key)) is not None or _holds_matrices(item) for key, item in value.items()
    )
