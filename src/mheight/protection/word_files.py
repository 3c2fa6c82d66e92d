"""Received words from files, and what was found in them to files, in constant memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mheight.errors import InvalidDataError
from mheight.files import atomic_path
from mheight.npy import mapped
from mheight.parquet import ParquetReader
from mheight.protection.decoding import Decoded

__all__ = ["INPUTS", "OUTPUTS", "DecodedWriter", "check_decoded_path", "count_words", "read_words"]

Float = NDArray[np.float64]

INPUTS = (".csv", ".npy", ".parquet")
OUTPUTS = (".csv", ".jsonl", ".parquet")

_ROWS = 2**14


def read_words(path: Path, n: int) -> Iterator[Float]:
    """Words of n numbers, some thousands at a time.

    `.npy` of shape (N, n), `.csv` with n numbers a line (below a line of names, if there is
    one), `.parquet` with n columns of numbers, or one column of lists.  "nan" and "inf" are
    outputs that are missing.

    Raises:
        InvalidDataError: another ending, another length, or the file can't be read.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in INPUTS:
        raise InvalidDataError(f"{path}: words are read from {', '.join(INPUTS)}")
    readers = {".csv": _csv_words, ".npy": _npy_words, ".parquet": _parquet_words}
    rows = 0
    try:
        for words in readers[suffix](Path(path), n):
            rows += len(words)
            yield words
    except InvalidDataError:
        raise
    except FileNotFoundError:
        raise InvalidDataError(f"{path}: no such file") from None
    except (ValueError, OSError, EOFError, pa.ArrowException, csv.Error) as error:
        raise InvalidDataError(f"{path}: can't be read ({error})") from None
    if not rows:
        raise InvalidDataError(f"{path}: words are needed, got none")


def count_words(path: Path) -> int | None:
    """How many words a file holds, None if that takes reading it."""
    try:
        if path.suffix.lower() == ".npy":
            return len(mapped(path))
        if path.suffix.lower() == ".parquet":
            with ParquetReader(path) as file:
                return file.rows
    except (ValueError, OSError, TypeError, EOFError, pa.ArrowException):
        return None
    return None


def _npy_words(path: Path, n: int) -> Iterator[Float]:
    array: NDArray[Any] = mapped(path)
    if array.dtype.kind not in "iuf":
        raise InvalidDataError(f"{path}: an array of real numbers is needed, got {array.dtype}")
    if array.ndim != 2 or array.shape[1] != n:
        raise InvalidDataError(
            f"{path}: an array of shape (N, n) with n = {n} is needed, got {array.shape}"
        )
    for start in range(0, len(array), _ROWS):
        yield np.asarray(array[start : start + _ROWS], dtype=np.float64)


def _csv_words(path: Path, n: int) -> Iterator[Float]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, strict=True)
        at = 0
        while chunk := list(islice(lines, _ROWS)):
            rows = []
            for cells in chunk:
                at += 1
                if not any(cell.strip() for cell in cells):
                    continue
                if at == 1 and not any(map(_is_number, cells)) and all(c.strip() for c in cells):
                    if len(cells) != n:
                        raise _other_length(path, at, len(cells), n)
                    continue  # names of the columns
                if len(cells) != n:
                    raise _other_length(path, at, len(cells), n)
                bad = next((c for c in cells if not _is_number(c)), None)
                if bad is not None:
                    raise InvalidDataError(
                        f"{path}, line {at}: numbers are needed, got {bad[:40]!r}"
                    )
                rows.append([float(cell) for cell in cells])
            if rows:
                yield np.array(rows)


def _other_length(path: Path, at: int, got: int, n: int) -> InvalidDataError:
    return InvalidDataError(
        f"{path}, line {at}: words of n = {n} numbers are needed, got {got} "
        "(a column of numbers of rows is not part of a word)"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _parquet_words(path: Path, n: int) -> Iterator[Float]:
    with ParquetReader(path) as file:
        yield from _words_of_columns(file, path, n)


def _words_of_columns(file: ParquetReader, path: Path, n: int) -> Iterator[Float]:
    schema = file.schema
    is_lists = len(schema.names) == 1 and not _is_numeric(schema.field(0).type)
    if not is_lists:
        if len(schema.names) != n:
            raise InvalidDataError(
                f"{path}: n = {n} columns of numbers are needed, or one of lists, "
                f"got {len(schema.names)} columns"
            )
        for field in schema:
            if not _is_numeric(field.type):
                raise InvalidDataError(
                    f"{path}: numbers are needed, got {field.type} in column {field.name}"
                )
    for batch in file.batches(file.names, _ROWS):
        columns: Iterable[Any] = batch.columns
        if any(column.null_count for column in columns):
            raise InvalidDataError(f"{path}: numbers are needed, got null")
        if is_lists:
            lists = batch.column(0)
            lengths = pc.list_value_length(lists)
            leaf = pc.list_flatten(lists)
            even = pc.all(pc.equal(lengths, n)).as_py()
            if not _is_numeric(leaf.type) or leaf.null_count or not even:
                raise InvalidDataError(f"{path}: lists of n = {n} numbers are needed")
            yield np.asarray(leaf.to_numpy(zero_copy_only=False), np.float64).reshape(-1, n)
        else:
            yield np.column_stack(
                [np.asarray(c.to_numpy(zero_copy_only=False), np.float64) for c in columns]
            )


def _is_numeric(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def check_decoded_path(path: Path) -> None:
    """Say before any work is done that results can't be written there.

    Raises:
        InvalidDataError: another ending, a folder, or the folder is missing.
    """
    if path.suffix.lower() not in OUTPUTS:
        raise InvalidDataError(f"{path}: the output must end in {', '.join(OUTPUTS)}")
    if path.is_dir():
        raise InvalidDataError(f"{path}: a file name is needed, got a folder")
    if not path.parent.is_dir():
        raise InvalidDataError(f"{path}: there is no folder {path.parent}")


class DecodedWriter:
    """Writes what was found, whole or not at all, as a context manager.

    Columns: word (from 0), verdict, located (positions from 0, with semicolons between them in
    CSV), residual in units of delta, and the corrected word c0 ... c{n-1}, empty or null where
    the verdict is "too many".
    """

    def __init__(self, path: Path, n: int) -> None:
        check_decoded_path(path)
        self._path, self._n, self._rows = path, n, 0
        self._atomic = atomic_path(path)
        self._stream: IO[str] | None = None
        self._parquet: Any = None
        self._kind = path.suffix.lower()

    def __enter__(self) -> DecodedWriter:
        temporary = self._atomic.__enter__()
        if self._kind == ".parquet":
            self._parquet = pq.ParquetWriter(temporary, self._schema())
        else:
            self._stream = temporary.open("w", encoding="utf-8", newline="")
            if self._kind == ".csv":
                names = ["word", "verdict", "located", "residual"]
                names += [f"c{j}" for j in range(self._n)]
                self._stream.write(",".join(names) + "\n")
        return self

    def _schema(self) -> Any:
        fields = [("word", pa.int64()), ("verdict", pa.string())]
        fields += [("located", pa.list_(pa.int32())), ("residual", pa.float64())]
        return pa.schema(fields + [(f"c{j}", pa.float64()) for j in range(self._n)])

    def write(self, found: Decoded) -> None:
        """Add some words."""
        numbers = range(self._rows, self._rows + len(found))
        self._rows += len(found)
        words = found.codewords.tolist()
        residuals = found.residuals.tolist()
        if self._parquet is not None:
            columns: list[Any] = [list(numbers), list(found.verdicts)]
            columns += [[list(p) for p in found.positions], _without_nan(residuals)]
            columns += [_without_nan(column) for column in found.codewords.T.tolist()]
            self._parquet.write_table(pa.table(columns, schema=self._schema()))
            return
        assert self._stream is not None
        zipped = zip(numbers, found.verdicts, found.positions, residuals, words, strict=True)
        for number, verdict, positions, residual, word in zipped:
            is_known = residual == residual
            if self._kind == ".csv":
                cells = [str(number), verdict, ";".join(map(str, positions))]
                cells += [repr(x) if is_known else "" for x in (residual, *word)]
                self._stream.write(",".join(cells) + "\n")
            else:
                value = {"word": number, "verdict": verdict, "located": list(positions)}
                value |= {"residual": residual if is_known else None}
                value |= {"corrected": word if is_known else None}
                self._stream.write(json.dumps(value) + "\n")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in (self._stream, self._parquet):
            if stream is not None:
                stream.close()
        self._atomic.__exit__(kind, error, trace)


def _without_nan(values: list[float]) -> list[float | None]:
    return [x if x == x else None for x in values]
