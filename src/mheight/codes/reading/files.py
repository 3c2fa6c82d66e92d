"""Matrices from files and streams, some at a time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.codes.reading.blocks import Block, batch_length
from mheight.codes.reading.text import from_json, number, parse_matrix, shortened
from mheight.errors import InvalidCodeError

__all__ = ["SUFFIXES", "count_matrices", "read_blocks", "read_stream"]

SUFFIXES = (".json", ".jsonl", ".csv", ".npy", ".parquet")


def read_blocks(path: Path, *, exact: bool = False) -> Iterator[Block]:
    """Matrices of a `.json`, `.jsonl`, `.csv`, `.npy` or `.parquet` file, in order.

    All but `.json` are read a piece at a time.

    Args:
        path: JSON holds a matrix, a list of matrices, or objects with a key G, P or H;
            JSON lines one of these a line; CSV rows of numbers with a blank line between
            matrices; NPY an array of shape (k, n) or (N, k, n); Parquet a column G, P or H
            of nested lists, or of flat ones with columns k and n.
        exact: leave fractions and decimals as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: the file can't be read; the text says where.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidCodeError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise InvalidCodeError(f"{path}: matrices are needed, got an empty file")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidCodeError(
            f"{path}: a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file is needed"
        )
    readers: dict[str, Callable[[Path, bool], Iterator[Block]]] = {
        ".json": _json_blocks,
        ".jsonl": _json_line_blocks,
        ".csv": _csv_blocks,
        ".npy": _npy_blocks,
    }
    if suffix == ".parquet":
        # Loading Arrow takes a while, so only where it is wanted.
        from mheight.codes.reading.parquet import column_blocks

        readers[suffix] = column_blocks
    yield from _told(readers[suffix](path, exact), str(path))


def read_stream(lines: Iterable[str], name: str, *, exact: bool = False) -> Iterator[Block]:
    """Matrices from a stream: JSON lines, one JSON text, or typed rows.

    Typed matrices have their rows between semicolons or line ends, with a blank line
    between matrices.

    Args:
        lines: the stream.
        name: what messages call it.
        exact: leave fractions and decimals as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: nothing there, or the stream can't be read.
    """
    yield from _told(_stream_blocks(iter(lines), name, exact), name)


def count_matrices(path: Path) -> int | None:
    """How many matrices a file holds (of JSON lines, how many lines), None if unknown."""
    suffix = Path(path).suffix.lower()
    try:
        if suffix == ".npy":
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            return len(array) if array.ndim == 3 else 1
        if suffix == ".jsonl":
            with Path(path).open("rb") as stream:
                return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(2**20), b""))
        if suffix == ".parquet":
            from mheight.codes.reading.parquet import count_rows

            return count_rows(path)
    except (ValueError, OSError, EOFError, AttributeError):
        return None
    return None


def _told(blocks: Iterator[Block], name: str) -> Iterator[Block]:
    """Whatever goes wrong in reading, as one sentence with the name of the source."""
    try:
        yield from blocks
    except InvalidCodeError:
        raise
    except (ValueError, ArithmeticError, OSError, EOFError, RecursionError, csv.Error) as error:
        raise InvalidCodeError(f"{name}: can't be read ({error})") from None


def _json_blocks(path: Path, exact: bool) -> Iterator[Block]:
    value = from_json(path.read_text(encoding="utf-8-sig"), exact)
    yield from map(Block, _matrices_of(value))


def _matrices_of(value: Any) -> Sequence[Any]:
    """The matrices of a JSON value: itself, or those that it lists."""
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise ValueError(f"a list of matrices is needed, got {type(value).__name__}")
    first = value[0] if value else None
    is_one = value and not isinstance(first, dict) and not _holds_lists(first)
    return [value] if is_one else value


def _holds_lists(value: Any) -> bool:
    return isinstance(value, list) and (not value or isinstance(value[0], list))


def _json_line_blocks(path: Path, exact: bool) -> Iterator[Block]:
    with path.open(encoding="utf-8-sig") as stream:
        yield from _json_lines(stream, str(path), exact)


def _json_lines(
    lines: Iterable[str], name: str, exact: bool, number_of_first: int = 1
) -> Iterator[Block]:
    for at, line in enumerate(lines, start=number_of_first):
        if not line.strip():
            continue
        try:
            value = from_json(line, exact)
        except (ValueError, RecursionError) as error:
            raise InvalidCodeError(f"{name}, line {at}: no JSON ({error})") from None
        yield from map(Block, _matrices_of(value))


def _stream_blocks(lines: Iterator[str], name: str, exact: bool) -> Iterator[Block]:
    at, first = next(((at, line) for at, line in enumerate(lines, 1) if line.strip()), (0, ""))
    if not at:
        raise InvalidCodeError(f"{name}: matrices are needed, got nothing")
    first = first.lstrip("\ufeff")
    if not first.lstrip().startswith(("[", "{")):
        yield from _typed_blocks(chain([first], lines), name, exact)
        return
    try:
        value = from_json(first, exact)
    except ValueError:
        # Not JSON lines, so perhaps one text over many lines.
        value = from_json(first + "".join(lines), exact)
    yield from map(Block, _matrices_of(value))
    yield from _json_lines(lines, name, exact, at + 1)


def _typed_blocks(lines: Iterable[str], name: str, exact: bool) -> Iterator[Block]:
    rows: list[str] = []
    index = 0
    for line in chain(lines, [""]):
        if line.strip():
            rows.append(line)
        elif rows:
            try:
                yield Block(parse_matrix("\n".join(rows), exact=exact))
            except InvalidCodeError as error:
                raise InvalidCodeError(f"{name}, matrix {index}: {error}") from None
            rows, index = [], index + 1


def _csv_blocks(path: Path, exact: bool) -> Iterator[Block]:
    rows: list[list[Any]] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for at, line in enumerate(stream, start=1):
            cells = _cells(line.split("#", 1)[0], f"{path}, line {at}")
            if not any(cells):
                if rows:
                    yield Block(rows)
                rows = []
                continue
            row = _csv_row(cells, exact)
            if row is None:
                if at == 1 and all(cells) and not any(map(_is_number, cells)):
                    continue  # a header line
                bad = next(i for i, cell in enumerate(cells) if not _is_number(cell))
                raise InvalidCodeError(
                    f"{path}, line {at}: numbers are needed, got {shortened(cells[bad])!r} "
                    f"in column {bad}"
                )
            if rows and len(row) != len(rows[0]):
                raise InvalidCodeError(
                    f"{path}, line {at}: rows of one length are needed, got {len(rows[0])} "
                    f"entries above and {len(row)} here (a blank line separates matrices)"
                )
            rows.append(row)
    if rows:
        yield Block(rows)


def _cells(line: str, where: str) -> list[str]:
    line = line.strip()
    if ";" in line and "," in line:
        raise InvalidCodeError(
            f"{where}: either commas or semicolons are needed between numbers, got both "
            "(decimals are written with a point)"
        )
    mark = next((mark for mark in ";,\t" if mark in line), None)
    cells = line.split() if mark is None else next(csv.reader([line], delimiter=mark), [])
    return [cell.strip() for cell in cells]


def _csv_row(cells: list[str], exact: bool) -> list[Any] | None:
    try:
        numbers = [number(cell) for cell in cells]
    except (ValueError, ArithmeticError):
        return None
    return list(cells) if exact else list(numbers)


def _is_number(cell: str) -> bool:
    return _csv_row([cell], False) is not None


def _npy_blocks(path: Path, _: bool) -> Iterator[Block]:
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        dtype = getattr(array, "dtype", type(array).__name__)
        raise InvalidCodeError(f"{path}: an array of real numbers is needed, got {dtype}")
    if array.ndim not in (2, 3):
        raise InvalidCodeError(
            f"{path}: an array of shape (k, n) or (N, k, n) is needed, got {array.shape}"
        )
    stack = array[None] if array.ndim == 2 else array
    step = batch_length(stack.shape[1] * stack.shape[2])
    for start in range(0, len(stack), step):
        yield Block(np.asarray(stack[start : start + step]))
