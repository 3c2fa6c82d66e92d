"""Heights of samples on disk, in the order of the input, written as they come."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mheight.datasets.any_length import AnySamples
from mheight.datasets.samples import Samples
from mheight.errors import InvalidDataError
from mheight.files import atomic_path, require_writable

__all__ = ["FORMATS", "HeightFile", "check_output", "has_columns", "write_heights"]

FORMATS = (".csv", ".parquet", ".json", ".jsonl", ".npy", ".pkl")

_LISTS = (".npy", ".pkl")


def check_output(path: Path, *, submit: bool = False) -> None:
    """Whether heights can be written there; says so before any work is done.

    Args:
        path: the file to write.
        submit: whether it is the course's pickle; then a name without an ending is good too.

    Raises:
        InvalidDataError: another ending, a folder, or the folder is missing.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if submit and suffix in FORMATS and suffix != ".pkl":
        raise InvalidDataError(
            f"{path}: --submit writes a pickle: a name that ends in .pkl, or in nothing"
        )
    require_writable(path, FORMATS, any_ending=submit)


def has_columns(path: Path) -> bool:
    """Whether a file of heights holds more than the heights."""
    suffix = Path(path).suffix.lower()
    return suffix in FORMATS and suffix not in _LISTS


class HeightFile:
    """A file of heights in the making; a context manager, whole or not at all.

    CSV, Parquet, JSON (a list of objects) and JSON lines have the columns sample_id, n, k,
    m, height, log2_height and whatever more is given; JSON has null for infinity.  A pickle
    is the course's format, a list of floats, one a sample, and NPY an array of the same.

    Args:
        path: ends in one of `FORMATS`.
        submit: write the course's pickle, whatever the name ends in.
    """

    def __init__(self, path: Path, *, submit: bool = False) -> None:
        check_output(path, submit=submit)
        self._path = Path(path)
        self._form = ".pkl" if submit else self._path.suffix.lower()
        self._stack = ExitStack()
        self._table: Any = None
        self._text: Any = None
        self._rows = 0
        self._heights: list[NDArray[np.float64]] = []

    def __enter__(self) -> HeightFile:
        self._temporary = self._stack.enter_context(atomic_path(self._path))
        if self._form in (".json", ".jsonl"):
            self._text = self._stack.enter_context(self._temporary.open("w", encoding="utf-8"))
        return self

    def write(
        self,
        samples: Samples | AnySamples,
        heights: NDArray[np.float64],
        more: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """Write some rows.

        Args:
            samples: N samples.
            heights: shape (N,), at least 1.
            more: further columns by name, each of shape (N,); the same ones every time.
        """
        if self._form in _LISTS:
            self._heights.append(heights)
            return
        columns: dict[str, Any] = {
            "sample_id": samples.sample_id,
            "n": samples.n,
            "k": samples.k,
            "m": samples.m,
            "height": heights,
            "log2_height": np.log2(heights),
            **(more or {}),
        }
        if self._text is None:
            self._write_table(pa.table(columns))
        else:
            self._write_objects(columns)
        self._rows += len(samples)

    def _write_table(self, table: Any) -> None:
        if self._table is None:
            opened: Callable[..., Any] = (
                pa.csv.CSVWriter if self._form == ".csv" else pq.ParquetWriter
            )
            self._table = self._stack.enter_context(opened(self._temporary, table.schema))
        self._table.write_table(table)

    def _write_objects(self, columns: dict[str, Any]) -> None:
        names = [json.dumps(name) for name in columns]
        texts = [_json_texts(np.asarray(values)) for values in columns.values()]
        lines = [
            "{" + ", ".join(map("{}: {}".format, names, row)) + "}"
            for row in zip(*texts, strict=True)
        ]
        if self._form == ".jsonl":
            self._text.writelines(line + "\n" for line in lines)
        elif lines:
            self._text.write((",\n " if self._rows else "[") + ",\n ".join(lines))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except BaseException:
            self._stack.__exit__(*sys.exc_info())
            raise
        self._stack.__exit__(kind, error, trace)

    def _finish(self) -> None:
        if self._form == ".json":
            self._text.write("]\n" if self._rows else "[]\n")
        elif self._form in _LISTS:
            values = np.concatenate([np.empty(0), *self._heights])
            with self._temporary.open("wb") as stream:
                if self._form == ".npy":
                    np.save(stream, values)
                else:
                    pickle.dump(values.tolist(), stream)


def _json_texts(values: NDArray[Any]) -> list[str]:
    if values.dtype.kind != "f":
        return [json.dumps(value) for value in values.tolist()]
    return [repr(x) if abs(x) < np.inf else "null" for x in values.tolist()]


def write_heights(
    samples: Samples | AnySamples,
    heights: NDArray[np.float64],
    path: Path,
    more: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write all heights at once; see `HeightFile`.

    Args:
        samples: in the order of the input.
        heights: shape (N,), at least 1.
        path: ends in one of `FORMATS`.
        more: further columns by name, each of shape (N,).
    """
    with HeightFile(path) as file:
        file.write(samples, heights, more)
