"""Heights that somebody gives beside samples, in files of every kind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from mheight.datasets.reading.arrays import archive_value, single_array
from mheight.datasets.reading.documents import json_lines, json_value, pickle_value
from mheight.datasets.reading.names import fields_of, plain_number, triple
from mheight.datasets.reading.profiles import height_among
from mheight.datasets.reading.rows import Row, is_container, label_value
from mheight.datasets.reading.sources import Source
from mheight.datasets.reading.tables import parquet_numbers, table_lines, without_blank_end
from mheight.errors import InvalidDataError, remark_on_input

__all__ = ["Labels", "read_labels"]

Given = float | tuple[float, ...]


class Labels:
    """Heights in the order of the samples, or by what the samples are called.

    Args:
        where: the source, for messages.
        ordered: one height a sample, or a list of them (see `height_among`); one more that is
            infinite may stand behind, and belongs to no sample.
        named: heights by key, several where a key has several samples.
    """

    def __init__(
        self,
        where: str,
        ordered: Sequence[Given] | None,
        named: Mapping[Any, Sequence[float]] | None = None,
    ) -> None:
        self.where = where
        self.ordered = ordered
        self._named = named
        self._used: dict[Any, int] = {}
        self._lists = False

    def of(self, rows: Sequence[Row], first: int) -> list[float]:
        """The heights of some samples that follow each other.

        Args:
            rows: the samples.
            first: number of the first one.

        Raises:
            InvalidDataError: there is none for a sample.
        """
        if self.ordered is not None:
            part = self.ordered[first : first + len(rows)]
            if len(part) < len(rows):
                raise InvalidDataError(
                    f"{self.where}: one height a sample is needed, "
                    f"got {len(self.ordered)} heights and more samples"
                )
            return [
                self._one_of(given, row, first + i)
                for i, (given, row) in enumerate(zip(part, rows, strict=True))
            ]
        return [self._next(row, first + i) for i, row in enumerate(rows)]

    def _one_of(self, given: Given, row: Row, at: int) -> float:
        if not isinstance(given, tuple):
            return given
        if not self._lists:
            remark_on_input(f"{self.where}: heights come in lists: h_m of each is taken")
            self._lists = True
        return height_among(given, row, f"{self.where}, sample {at}")

    def _next(self, row: Row, at: int) -> float:
        named = self._named or {}
        key = next((key for key in (row.key, (row.n, row.k, row.m)) if key in named), None)
        place = self._used.get(key, 0)
        if key is None or place >= len(named[key]):
            called = "" if row.key is None else f", {row.key}"
            raise InvalidDataError(f"{self.where}: there is no height for sample {at}{called}")
        self._used[key] = place + 1
        return named[key][place]

    def finish(self, count: int) -> None:
        """Say when heights are left over.

        Raises:
            InvalidDataError: there were fewer samples than heights.
        """
        if self.ordered is not None and len(self.ordered) == count + 1:
            last = self.ordered[count]
            if not isinstance(last, tuple) and math.isinf(last) and last > 0:
                remark_on_input(
                    f"{self.where}: {count + 1:,} heights for {count:,} samples; the last one is "
                    "infinite, and taken for an end mark"
                )
                return
        if self.ordered is not None and len(self.ordered) != count:
            raise InvalidDataError(
                f"{self.where}: one height a sample is needed, got {count} samples "
                f"and {len(self.ordered)} heights"
            )
        for key, values in (self._named or {}).items():
            if self._used.get(key, 0) < len(values):
                raise InvalidDataError(f"{self.where}: there is no sample for the height of {key}")


def read_labels(path: Path, label: str | None = None) -> Labels:
    """Heights from a file: a list, a dict by `(n, k, m)` or by name, a column, an array.

    They are taken as they are, right or wrong.

    Args:
        path: the file, of any kind that samples may have.
        label: the name of their column, None to go by its name.

    Raises:
        InvalidDataError: there are none, or more than one column that may hold them.
    """
    source = Source(path)
    where = str(path)
    if source.kind == "table":
        return Labels(where, list(_of_table(source, label)))
    if source.kind == "parquet":
        return Labels(where, parquet_numbers(source, lambda names: _column(names, where, label)))
    if source.kind == "npy":
        value: Any = single_array(source)
    elif source.kind in ("npz", "mat"):
        value = archive_value(source)
    elif source.kind == "pickle":
        value = pickle_value(source)
    elif source.kind == "jsonl":
        value = [value for _, value in json_lines(source)]
    else:
        value = json_value(source)
    return _of_value(value, where, label)


def _of_value(value: Any, where: str, label: str | None) -> Labels:
    if isinstance(value, np.ndarray) and value.ndim == 2 and 1 in value.shape:
        value = value.reshape(-1)
    if is_container(value):
        return Labels(
            where, [_given(item, f"{where}, sample {i}", label) for i, item in enumerate(value)]
        )
    if not isinstance(value, dict) or not value:
        raise InvalidDataError(f"{where}: a list of heights is needed")
    if label is not None and label in value:
        return _of_value(value[label], where, None)
    keys = {name: triple(name) or name for name in value}
    lists = [name for name in value if is_container(value[name])]
    if len(lists) == 1 and len(value) == 1 and not triple(lists[0]):
        return _of_value(value[lists[0]], where, label)
    if lists and not all(triple(name) for name in value):
        fields = fields_of(list(value), where, label, value)
        if fields.label is None:
            raise InvalidDataError(f"{where}: a list of heights is needed")
        return _of_value(value[fields.label], where, None)
    named = {
        keys[name]: [
            _one(one, f"{where}[{str(name)[:40]}]", label)
            for one in (item if is_container(item) else [item])
        ]
        for name, item in value.items()
    }
    return Labels(where, None, named)


def _given(item: Any, where: str, label: str | None) -> Given:
    """One height, or the several that were given for a sample."""
    if is_container(item) and len(item) > 1:
        return tuple(_one(one, where, label) for one in item)
    if is_container(item) and len(item) == 1 and not is_container(item[0]):
        item = item[0]
    return _one(item, where, label)


def _one(item: Any, where: str, label: str | None) -> float:
    if isinstance(item, dict):
        fields = fields_of(list(item), where, label, item)
        if fields.label is None:
            raise InvalidDataError(f"{where}: a list of heights is needed")
        item = item[fields.label]
    if item is None:
        return math.inf  # as JSON has it
    if is_container(item):
        raise InvalidDataError(f"{where}: a list of heights is needed")
    try:
        return label_value(item, where)
    except InvalidDataError as error:
        raise InvalidDataError(f"{error} (a list of heights is needed)") from None


def _of_table(source: Source, label: str | None) -> Iterator[float]:
    lines = without_blank_end(table_lines(source), source)
    at, first = next(lines, (1, []))
    place = 0
    if all(_is_number(cell) for cell in first) and label is None:
        lines = chain([(at, first)], lines)
        if len(first) != 1:
            raise InvalidDataError(
                f"{source.path}: one column of heights is needed, got {len(first)} without names"
            )
    elif len(first) > 1 or label is not None:
        place = first.index(_label_among(first, f"{source.path}, line {at}", label))
    for at, cells in lines:
        where = f"{source.path}, line {at}"
        if len(cells) != len(first):
            raise InvalidDataError(f"{where}: {len(first)} cells are needed, got {len(cells)}")
        yield label_value(cells[place], where)


def _is_number(cell: str) -> bool:
    try:
        plain_number(cell)
    except ValueError:
        return False
    return True


def _label_among(names: Sequence[str], where: str, label: str | None) -> str:
    fields = fields_of(names, where, label)
    if fields.label is None:
        raise InvalidDataError(
            f"{where}: a column of heights is needed, got {', '.join(names[:8])}; "
            "--label-column says which it is"
        )
    return str(fields.label)


def _column(names: list[str], where: str, label: str | None) -> str:
    return names[0] if len(names) == 1 and label is None else _label_among(names, where, label)
