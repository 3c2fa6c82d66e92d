"""Samples from files of every kind, some at a time: the one reader of all commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from mheight.codes import LinearCode
from mheight.codes.from_blocks import batches
from mheight.codes.reading import Block, Kind, count_matrices, object_blocks, read_blocks
from mheight.codes.reading.opening import ending
from mheight.datasets.reading import SUFFIXES, Labels, Row, Source, read_labels, sized
from mheight.datasets.reading.arrays import archive_value, single_array
from mheight.datasets.reading.documents import json_lines, json_value, pickle_value
from mheight.datasets.reading.profiles import height_among
from mheight.datasets.reading.rows import depth, is_container, label_value
from mheight.datasets.reading.tables import (
    parquet_columns,
    parquet_rows,
    table_header,
    text_rows,
)
from mheight.datasets.reading.values import Known, rows_of, says_m
from mheight.datasets.samples import Samples
from mheight.datasets.storage import gathered, load_dataset
from mheight.errors import InvalidDataError
from mheight.tiers import COURSE_21, LONGEST_GROUP, Groups

__all__ = [
    "SUFFIXES",
    "count_samples",
    "holds_samples",
    "read_samples",
    "sample_blocks",
    "sample_rows",
]

_ROWS = 16384


def sample_blocks(
    path: Path,
    m: int | None = None,
    kind: Kind | None = None,
    *,
    labels: Path | None = None,
    label: str | None = None,
    groups: Groups | None = None,
) -> Iterator[Samples]:
    """Samples of a file or a data set folder, in its order, a block at a time.

    Pickles, `.json` and archives of arrays are read whole, the others a piece at a time.
    `docs/data.md` has what a file may hold.

    Args:
        path: a data set folder, or a file that ends in one of `SUFFIXES`, perhaps with `.gz`
            behind it, or is told by how it begins.
        m: for matrices alone, which height; None for every m that is in a group.
        kind: for matrices alone, what they are; None for generator matrices.
        labels: a file of heights, in the order of the samples or by what they are called.
        label: the column or key of heights; `none` for none; None to go by its name.
        groups: those that are allowed; None for those that come, block by block, and for
            matrices alone those of `course-21`.

    Yields:
        Samples numbered from 0, or by `sample_id` where the file has it; matrices alone by
        the number of the matrix.  Heights are as they were given, right or wrong.

    Raises:
        InvalidDataError, InvalidCodeError: what is there can't be read, or breaks a rule;
            the text says where.
    """
    path = Path(path)
    given = None if labels is None else read_labels(labels, label)
    asked = label if given is None and label != "none" else None
    if path.is_dir():
        if asked is not None:
            raise InvalidDataError(f"{path}: a data set has its heights in a column of its own")
        yield from _of_folder(path, given, groups)
        return
    source = Source(path)
    rows = _rows(source, label if given is None else "none")
    if rows is None:
        if given is not None or asked is not None:
            raise InvalidDataError(f"{path}: heights go with samples, and these are matrices alone")
        yield from _matrix_samples(source, m, kind, groups)
        return
    yield from _checked(_with_label(rows, asked, source), source, m, kind, given, groups)


def read_samples(
    path: Path,
    labels: Path | None = None,
    *,
    label: str | None = None,
    groups: Groups | None = None,
) -> Samples:
    """All samples of a file or a data set folder; see `sample_blocks`.

    Args:
        path: the file or folder.
        labels: a file of heights, for samples without.
        label: the column or key of heights; `none` for none; None to go by its name.
        groups: those that are allowed; None for those of the folder, or `Groups.around` what
            the file holds.

    Raises:
        InvalidDataError: what is there can't be read, or breaks a rule.
    """
    blocks = list(sample_blocks(path, labels=labels, label=label, groups=groups))
    if Path(path).is_dir():
        groups = blocks[0].groups
    samples = gathered(blocks, groups)
    if len(np.unique(samples.sample_id)) < len(samples):
        # A matrix alone is one sample for each m, under one number.
        pairs = np.column_stack([samples.sample_id, samples.m])
        if samples.heights is None and len(np.unique(pairs, axis=0)) == len(samples):
            return Samples.concatenate([samples], renumber=True)
        raise InvalidDataError(f"{path}: sample_id must be unique integers")
    return samples


def sample_rows(
    path: Path, labels: Path | None = None, *, label: str | None = None
) -> Iterator[tuple[list[Any], float | None, int]]:
    """Samples `[n, k, m, P]` of any length, not checked, with height if given, and number.

    Args:
        path: a file of samples.
        labels: a file of heights.
        label: the column or key of heights; `none` for none; None to go by its name.

    Raises:
        InvalidDataError: no file of samples, or one that can't be read.
    """
    source = Source(Path(path))
    given = None if labels is None else read_labels(labels, label)
    found = _rows(source, label if given is None else "none")
    if found is None:
        raise InvalidDataError(f"{path}: samples with n, k, m and P are needed, got matrices")
    rows = _with_label(found, label if given is None and label != "none" else None, source)
    at = 0
    while part := list(islice(rows, _ROWS)):
        heights = _heights(part, given, at, source)
        numbers = _numbers(part, list(range(at, at + len(part))), source).tolist()
        for i, row in enumerate(part):
            where = f"{path}, sample {at + i}"
            if row.m is None:
                raise InvalidDataError(f"{where}: m is needed")
            yield sized(row, where), None if heights is None else heights[i], numbers[i]
        at += len(part)
    if not at:
        raise InvalidDataError(f"{path}: at least one sample is needed, got none")
    if given is not None:
        given.finish(at)


def holds_samples(path: Path) -> bool:
    """Whether a path holds samples with their m, rather than matrices alone.

    What can't be read is taken for matrices, but for pickles, so that one reader tells why.
    """
    path = Path(path)
    if path.is_dir():
        return True
    try:
        source = Source(path)
        return _rows(source, "none") is not None
    except InvalidDataError:
        # Nothing that this reader knows; of a pickle, nobody else does.
        return path.suffix.lower() in (".pkl", ".pickle")


def count_samples(path: Path) -> int | None:
    """How many samples a file holds, where that is known without reading it."""
    if path.suffix.lower() == ".parquet" and path.is_file():
        return count_matrices(path)
    return None


def _may_be_matrices(value: Any) -> bool:
    """Whether a value without any m still holds something like a matrix."""
    if isinstance(value, dict):
        return any(_may_be_matrices(item) for item in list(value.values())[:100])
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        return _may_be_matrices(value[0])
    return depth(value) >= 2


# --- samples with their m ------------------------------------------------------------------


def _rows(source: Source, label: str | None) -> Iterator[Row] | None:
    """Samples as they were found, or None where there are matrices alone."""
    known = Known(str(source.path), label)
    if source.kind == "parquet":
        return parquet_rows(source, label) if _names_m(parquet_columns(source)) else None
    if source.kind == "table":
        return text_rows(source, label) if _names_m(table_header(source)) else None
    if source.kind == "npy":
        return None
    if source.kind == "jsonl":
        values = json_lines(source)
        first = next(values, None)
        if first is None or not says_m(first[1]):
            return None
        return _of_lines(chain([first], values), source, label)
    if source.kind == "pickle":
        value = pickle_value(source)
        alone = not says_m(value) and _may_be_matrices(value)
        return None if alone else rows_of(value, known)
    value = json_value(source) if source.kind == "json" else archive_value(source)
    return rows_of(value, known) if says_m(value) else None


def _names_m(names: Sequence[str]) -> bool:
    return "m" in {str(name).strip().lower() for name in names}


def _of_lines(
    values: Iterable[tuple[int, Any]], source: Source, label: str | None
) -> Iterator[Row]:
    for at, value in values:
        yield from rows_of(value, Known(f"{source.path}, line {at}", label))


def _with_label(rows: Iterator[Row], asked: str | None, source: Source) -> Iterator[Row]:
    """The same rows, refused where the column or key that was asked for is not there."""
    for at, row in enumerate(rows):
        if asked is not None and row.height is None:
            raise InvalidDataError(f"{source.path}, sample {at}: there is no height {asked!r}")
        yield row


def _checked(
    rows: Iterator[Row],
    source: Source,
    m: int | None,
    kind: Kind | None,
    given: Labels | None,
    groups: Groups | None,
) -> Iterator[Samples]:
    first, says = 0, None
    while part := list(islice(rows, _ROWS)):
        heights = _heights(part, given, first, source)
        says = part[0].m is not None if says is None else says
        odd = next((i for i, row in enumerate(part) if (row.m is not None) != says), None)
        if odd is not None:
            which = "its m is missing, and other samples have theirs" if says else "it has an m"
            raise InvalidDataError(f"{source.path}, sample {first + odd}: {which}")
        if says and (m is not None or kind is not None):
            raise InvalidDataError(f"{source.path}: these samples say themselves what m and P are")
        lists, names, numbers = [], [], []
        for i, row in enumerate(part):
            name = "" if row.key is None else f", {row.key}"
            where = f"{source.path}, sample {first + i}{name}"
            if kind is not None and row.kind != kind:
                raise InvalidDataError(
                    f"{where}: a matrix {kind} is asked for, but this one is {row.kind}"
                )
            one = sized(row, where)
            for order in [one[2]] if row.m is not None else _orders(one, m, where, heights, groups):
                lists.append([one[0], one[1], order, one[3]])
                names.append(where)
                numbers.append(first + i)
        samples = Samples.from_rows(lists, groups=groups, where=str(source.path), names=names)
        samples = replace(samples, sample_id=_numbers(part, numbers, source))
        yield samples if heights is None else samples.with_claims(np.array(heights))
        first += len(part)
    if not first:
        raise InvalidDataError(f"{source.path}: at least one sample is needed, got none")
    if given is not None:
        given.finish(first)


def _orders(
    one: list[Any], m: int | None, where: str, heights: Any, groups: Groups | None
) -> list[int]:
    """Which heights are meant of a code that does not say so."""
    if heights is not None:
        raise InvalidDataError(f"{where}: it has a height, but does not say which: m is needed")
    return _wanted(one[0], one[1], m, where, groups)


def _wanted(n: int, k: int, m: int | None, where: str, groups: Groups | None) -> list[int]:
    """Every m of a code that is asked for."""
    if groups is None and m is not None and 1 <= m <= n - k and n <= LONGEST_GROUP:
        return [m]
    known = COURSE_21 if groups is None else groups
    wanted = [order for order in known.orders(n, k) if m in (None, order)]
    if not wanted:
        raise InvalidDataError(f"{where}: {known.refusal(n, k, m)}")
    return wanted


def _heights(
    part: Sequence[Row], given: Labels | None, first: int, source: Source
) -> list[float] | None:
    """One height a sample, or none for all."""
    if given is not None:
        return given.of(part, first)
    without = [i for i, row in enumerate(part) if row.height is None]
    if len(without) == len(part):
        return None
    if without:
        raise InvalidDataError(
            f"{source.path}, sample {first + without[0]}: its height is missing, "
            "and other samples have theirs"
        )
    return [_height(row, f"{source.path}, sample {first + i}") for i, row in enumerate(part)]


def _height(row: Row, where: str) -> float:
    """The height that a row carries, alone or in a list."""
    if is_container(row.height) and len(row.height) > 1:
        values = tuple(label_value(one, where) for one in row.height)
        return height_among(values, row, where)
    return label_value(row.height, where)


def _numbers(part: Sequence[Row], numbers: list[int], source: Source) -> np.ndarray[Any, Any]:
    ids = [row.sample_id for row in part]
    if len(numbers) == len(part) and None not in ids:
        array = np.array(ids)
        whole = array.astype(np.int64, copy=False) if array.dtype.kind in "iuf" else None
        if whole is None or (whole != array).any() or len(np.unique(whole)) != len(whole):
            raise InvalidDataError(f"{source.path}: sample_id must be unique integers")
        return whole
    return np.array(numbers, dtype=np.int64)


def _of_folder(path: Path, given: Labels | None, groups: Groups | None) -> Iterator[Samples]:
    samples = load_dataset(path).samples
    if groups is not None:
        samples = samples.within(groups, where=str(path))
    if given is not None:
        sizes = zip(samples.n, samples.k, samples.m, strict=True)
        rows = [Row(n, k, m, None) for n, k, m in sizes]
        samples = samples.with_claims(np.array(given.of(rows, 0)))
        given.finish(len(samples))
    for start in range(0, len(samples), _ROWS):
        yield samples.take(np.arange(start, min(start + _ROWS, len(samples))))


# --- matrices alone ------------------------------------------------------------------------


def _blocks(source: Source) -> Iterator[Block]:
    """Matrices alone."""
    if source.kind in ("pickle", "json") and ending(source.path)[0] != ".json":
        value = pickle_value(source) if source.kind == "pickle" else json_value(source)
        return object_blocks(value, str(source.path), False)
    if source.kind != "npy" or ending(source.path)[0] == ".npy":
        return read_blocks(source.path)
    values = single_array(source)
    if values.ndim not in (2, 3):
        raise InvalidDataError(
            f"{source.path}: an array of shape (k, n) or (N, k, n) is needed, got {values.shape}"
        )
    return iter([Block(values if values.ndim == 3 else values[None])])


def _matrix_samples(
    source: Source, m: int | None, kind: Kind | None, groups: Groups | None
) -> Iterator[Samples]:
    for batch in batches(_blocks(source), str(source.path), kind):
        count, k, n = batch.generators.shape
        wanted = _wanted(n, k, m, f"{source.path}, matrix {batch.first}", groups)
        parity = np.empty((count, k, n - k))
        for i, G in enumerate(batch.generators):
            try:
                parity[i] = LinearCode(G).P
            except ValueError as error:
                raise InvalidDataError(
                    f"{source.path}, matrix {batch.first + i}: {error}"
                ) from None
        repeated = np.repeat(np.arange(count), len(wanted))
        known = Groups.of((n, k, order) for order in wanted) if groups is None else groups
        orders = np.tile(np.array(wanted, dtype=np.int64), count)
        numbers = batch.first + repeated
        yield Samples.of_code(known, n, k, orders, parity[repeated], numbers)
