"""Matrices from files and streams, some at a time."""

from __future__ import annotations

import csv
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

from mheight.codes.reading.arrays import count_arrays, mat_blocks, npy_blocks, npz_blocks
from mheight.codes.reading.blocks import Block
from mheight.codes.reading.lines import line_blocks
from mheight.codes.reading.objects import object_blocks
from mheight.codes.reading.opening import LARGEST, ending, lines_of, opened, text_of
from mheight.codes.reading.text import from_json, parse_blocks
from mheight.errors import InvalidCodeError

__all__ = ["SUFFIXES", "count_matrices", "nearest", "read_blocks", "read_stream"]

TEXT = (".csv", ".tsv", ".txt", ".dat")
SUFFIXES = (".json", ".jsonl", *TEXT, ".npy", ".npz", ".mat", ".parquet")
"""Endings of files of matrices; `.gz` may follow each."""

_PASTED = re.compile(r"[\[\](){}\\=&|⎡⎛]")


def read_blocks(path: Path, *, exact: bool = False) -> Iterator[Block]:
    """Matrices of a file, in order; all but `.json` are read a piece at a time.

    Args:
        path: JSON holds a matrix, a list of matrices, or objects with a key G, P or H; JSON
            lines one of these a line; CSV and other text rows of numbers with a blank line
            between matrices, or what else `parse_matrix` reads; NPY an array of shape
            (k, n) or (N, k, n); NPZ and MAT such arrays by name; Parquet a column G, P or H
            of nested lists, or of flat ones with columns k and n, or of text, or columns
            g0, g1, ... as in CSV.  All may be compressed, `.csv.gz`.
        exact: leave fractions and decimals as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: the file can't be read; the text says where.
    """
    path = Path(path)
    check_readable(path)
    readers: dict[str, Callable[[Path, bool], Iterator[Block]]] = {
        ".json": _json_blocks,
        ".jsonl": _json_line_blocks,
        ".npy": npy_blocks,
        ".npz": npz_blocks,
        ".mat": mat_blocks,
        **dict.fromkeys((*TEXT, ""), _text_blocks),
    }
    suffix, _ = ending(path)
    if suffix == ".parquet":
        # Loading Arrow takes a while, so only where it is wanted.
        from mheight.codes.reading.parquet import column_blocks

        readers[suffix] = column_blocks
    yield from _told(readers[suffix](path, exact), str(path))


def check_readable(path: Path) -> None:
    """Refuse what can't hold matrices by its name, and files that are not there or empty.

    Raises:
        InvalidCodeError: says what is needed.
    """
    if path.is_dir():
        raise InvalidCodeError(f"{path}: a file is needed, got a folder")
    if not path.exists():
        raise InvalidCodeError(f"{path}: no such file{nearest(path)}")
    if not path.is_file():
        raise InvalidCodeError(f"{path}: a file is needed, got a device, a pipe or a socket")
    if path.stat().st_size == 0:
        raise InvalidCodeError(f"{path}: matrices are needed, got an empty file")
    if ending(path)[0] not in (*SUFFIXES, ""):
        raise InvalidCodeError(
            f"{path}: a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file is needed"
            f"{_converted(path)}"
        )


def read_stream(lines: Iterable[str], name: str, *, exact: bool = False) -> Iterator[Block]:
    """Matrices from a stream: JSON lines, one JSON text, or typed and pasted matrices.

    Typed matrices have their rows between semicolons or line ends, with a blank line
    between matrices.

    Args:
        lines: the stream.
        name: what messages call it.
        exact: leave fractions and decimals as text, so that nothing is rounded.

    Raises:
        InvalidCodeError: nothing there, or the stream can't be read.
    """
    yield from _told(_mixed_blocks(iter(lines), name, exact), name)


def count_matrices(path: Path) -> int | None:
    """How many matrices a file holds (of JSON lines, how many lines), None if unknown."""
    path = Path(path)
    suffix, compressed = ending(path)
    try:
        if suffix == ".npy":
            return count_arrays(path)
        if suffix == ".jsonl":
            with opened(path) as stream:
                return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(2**20), b""))
        if suffix == ".parquet" and not compressed:
            from mheight.codes.reading.parquet import count_rows

            return count_rows(path)
    except (ValueError, OSError, EOFError, zlib.error):
        return None
    return None


def _told(blocks: Iterator[Block], name: str) -> Iterator[Block]:
    """Whatever goes wrong in reading, as one sentence with the name of the source."""
    try:
        yield from blocks
    except (InvalidCodeError, FileNotFoundError, PermissionError):
        raise
    except RecursionError:
        raise InvalidCodeError(f"{name}: can't be read (nested too deeply)") from None
    except (
        ValueError, ArithmeticError, OSError, EOFError, csv.Error, zlib.error, lzma.LZMAError,
    ) as error:  # fmt: skip
        raise InvalidCodeError(f"{name}: can't be read ({error})") from None


def nearest(path: Path, others: Sequence[str] = ()) -> str:
    """A half-sentence that names the file of nearly the same name, if there is one.

    Args:
        path: what was asked for.
        others: names that may be meant beside those of files.
    """
    try:
        names = [other.name for other in path.parent.iterdir() if other.is_file()]
    except OSError:
        return "" if path.parent.is_dir() else f"; there is no folder {path.parent}"
    close = get_close_matches(path.name.split(":")[0], [*others, *names], n=1, cutoff=0.7)
    if close:
        near = close[0] if close[0] in others else path.parent / close[0]
        return f"; the nearest is {near}"
    return ""


_FROM_FRAMES = "from pandas write df.to_csv or df.to_parquet, from NumPy np.save"


def _converted(path: Path) -> str:
    """How to convert what is often met."""
    suffix = ending(path)[0]
    if suffix in (".pkl", ".pickle", ".joblib"):
        return f"; a pickle can run code: {_FROM_FRAMES}"
    if suffix in (".xlsx", ".xls", ".ods"):
        return "; save the sheet as CSV"
    if suffix in (".h5", ".hdf5", ".feather", ".arrow"):
        return f"; {_FROM_FRAMES}"
    return ""


def _json_blocks(path: Path, exact: bool) -> Iterator[Block]:
    yield from object_blocks(from_json(text_of(path), exact), str(path), exact)


def _json_line_blocks(path: Path, exact: bool) -> Iterator[Block]:
    yield from _json_lines(lines_of(path), str(path), exact)


def _json_lines(
    lines: Iterable[str], name: str, exact: bool, number_of_first: int = 1
) -> Iterator[Block]:
    told: set[str] = set()
    for at, line in enumerate(lines, start=number_of_first):
        if line.strip():
            value = _json_line(line, f"{name}, line {at}", exact)
            yield from object_blocks(value, name, exact, told)


def _json_line(line: str, where: str, exact: bool) -> Any:
    try:
        return from_json(line, exact)
    except RecursionError:
        raise InvalidCodeError(f"{where}: no JSON (nested too deeply)") from None
    except ValueError as error:
        raise InvalidCodeError(f"{where}: no JSON ({error})") from None


def _text_blocks(path: Path, exact: bool) -> Iterator[Block]:
    yield from _mixed_blocks(lines_of(path), str(path), exact)


def _mixed_blocks(lines: Iterator[str], name: str, exact: bool) -> Iterator[Block]:
    """JSON lines, JSON, what is pasted, or lines of numbers, whichever it is."""
    before: list[str] = []
    first = ""
    for line in lines:
        before.append(line if before else line.lstrip("\ufeff"))
        plain = before[-1].strip()
        if plain and not plain.startswith(("#", "%")):
            first = plain
            break
    if not first:
        raise InvalidCodeError(f"{name}: matrices are needed, got nothing")
    everything = chain(before, lines)
    if first.startswith(("[", "{")):
        yield from _json_or_pasted(everything, first, len(before), name, exact)
    elif _PASTED.search(first) or _holds_typed_rows(first):
        yield from _pasted(everything, name, exact)
    else:
        yield from line_blocks(everything, name, exact)


def _json_or_pasted(
    lines: Iterator[str], first: str, at: int, name: str, exact: bool
) -> Iterator[Block]:
    try:
        from_json(first, exact)
    except ValueError:
        pass
    else:
        for _ in range(at - 1):
            next(lines)
        yield from _json_lines(lines, name, exact, at)
        return
    text = _joined(lines, name)
    try:
        value = from_json(text, exact)
    except json.JSONDecodeError as error:
        if re.match(r'[\[\s]*\{\s*"', text) or not text.rstrip().endswith(("]", "}", ")", ";")):
            raise InvalidCodeError(f"{name}: can't be read ({error})") from None
    else:
        yield from object_blocks(value, name, exact)
        return
    yield from _pasted(iter(text.splitlines(True)), name, exact)


def _joined(lines: Iterable[str], name: str) -> str:
    pieces, size = [], 0
    for line in lines:
        size += len(line)
        if size > LARGEST:
            raise InvalidCodeError(f"{name}: at most {LARGEST // 2**20:,} MiB are read whole")
        pieces.append(line)
    return "".join(pieces)


def _holds_typed_rows(line: str) -> bool:
    """Whether a line is `1 0 1; 0 1 1`: rows between semicolons."""
    parts = line.rstrip("; ").split(";")
    listed = all(part.count(",") > 1 for part in parts)  # 1,0,1;0,1,1 has no decimal commas
    return len(parts) > 1 and (listed or any(re.search(r"\S\s+\S", part) for part in parts))


def _pasted(lines: Iterable[str], name: str, exact: bool) -> Iterator[Block]:
    """Pasted matrices with blank lines between them, but not within brackets."""
    index = 0
    for text in _chunks(lines):
        try:
            blocks = parse_blocks(text, exact=exact)
        except InvalidCodeError as error:
            raise InvalidCodeError(f"{name}, matrix {index}: {error}") from None
        yield from blocks
        index += len(blocks)


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    rows: list[str] = []
    depth = 0
    for line in chain(lines, [""]):
        if line.lstrip().startswith(("#", "%")):
            continue
        if line.strip() or depth > 0:
            rows.append(line)
            depth += sum(map(line.count, "[({")) - sum(map(line.count, "])}"))
            if line == "":
                break
        elif rows:
            yield "".join(rows)
            rows = []
    if rows:
        yield "".join(rows)
