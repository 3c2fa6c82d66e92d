"""A Parquet file as batches of rows, under limits on what they take."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from mheight.parquet.footer import Chunk, Group, read_footer
from mheight.parquet.pages import pages_of

__all__ = ["ParquetReader", "plain_values"]

_MOST_LISTED = 50_000_000
_LONGEST = 2**16
_FEW_LISTED = 2**22
_MOST_TEXT = 2**28
_MOST_AT_ONCE = 2**28
_BATCH_VALUES = 2**21


class ParquetReader:
    """One Parquet file; close it, or use it in a `with` block.

    Args:
        source: a path, or the bytes of a file.

    Raises:
        ValueError: no Parquet, or one that can't be read; one line says why.
        OSError: the file can't be opened.
    """

    def __init__(self, source: Path | bytes) -> None:
        self._stream: IO[bytes]
        if isinstance(source, bytes):
            self._stream = io.BytesIO(source)
        else:
            self._stream = Path(source).open("rb")  # noqa: SIM115  (closed by __exit__)
        try:
            footer = read_footer(self._stream)
            self.groups = footer.groups
            self._file = _told(
                lambda: pq.ParquetFile(
                    self._stream,
                    metadata=pq.read_metadata(io.BytesIO(footer.content)),
                    pre_buffer=False,
                    read_dictionary=_texts(footer.groups),
                )
            )
            self.schema = _told(lambda: self._file.schema_arrow)
        except BaseException:
            self._stream.close()
            raise
        self.names: list[str] = list(self.schema.names)
        self.rows = sum(group.rows for group in self.groups)

    def __enter__(self) -> ParquetReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    def batches(self, columns: Sequence[str], most: int) -> Iterator[Any]:
        """Batches of rows in order.

        Args:
            columns: names of those to read.
            most: rows of a batch; fewer where rows are long.

        Raises:
            ValueError: damaged, or far too much for a table of matrices; one line says why.
        """
        wanted = list(columns)
        for number, group in enumerate(self.groups):
            if not group.rows:
                continue
            values = self._looked_through(group, set(wanted))
            rows = max(1, min(most, _BATCH_VALUES * group.rows // max(values, 1)))
            batches = self._file.iter_batches(
                rows, row_groups=[number], columns=wanted, use_threads=False
            )
            while (batch := _told(lambda batches=batches: _next(batches))) is not None:
                yield batch

    def _looked_through(self, group: Group, wanted: set[str]) -> int:
        """All values of the wanted columns in a group, after checks of their pages."""
        chunks = [chunk for chunk in group.chunks if chunk.leaf.path[0] in wanted]
        largest = 0
        for chunk in chunks:
            pages = pages_of(self._stream, chunk)
            largest += pages.largest
            _require_little(chunk, group.rows, pages.unfolded)
        if largest > _MOST_AT_ONCE:
            raise ValueError(
                f"its pages unfold to {largest:,} bytes at once, at most {_MOST_AT_ONCE:,} are read"
            )
        return sum(chunk.values for chunk in chunks)


def _next(batches: Iterator[Any]) -> Any:
    """The next batch, sound in itself: Arrow does not look whether places in a dictionary exist."""
    batch = next(batches, None)
    if batch is not None:
        batch.validate(full=True)
    return batch


def _require_little(chunk: Chunk, rows: int, unfolded: int) -> None:
    name = ".".join(chunk.leaf.path)[:60]
    if chunk.leaf.repeated and chunk.values > max(_FEW_LISTED, _LONGEST * rows):
        raise ValueError(
            f"{name} holds {chunk.values:,} numbers in {rows:,} rows, far more than matrices do"
        )
    if chunk.leaf.repeated and chunk.values > _MOST_LISTED:
        raise ValueError(
            f"{name} holds {chunk.values:,} numbers in a group of rows, at most {_MOST_LISTED:,} "
            "are read; write smaller groups (row_group_size=100_000)"
        )
    if chunk.leaf.is_bytes and unfolded > _MOST_TEXT:
        raise ValueError(
            f"{name} holds {unfolded:,} bytes of text in a group of rows, at most "
            f"{_MOST_TEXT:,} are read; write smaller groups (row_group_size=100_000)"
        )


def plain_values(column: Any) -> list[Any]:
    """Values of a column as Python's own; a text that comes often is there once."""
    if pa.types.is_dictionary(column.type):
        texts = column.dictionary.to_pylist()
        return [None if i is None else texts[i] for i in column.indices.to_pylist()]
    return list(column.to_pylist())


def _texts(groups: Sequence[Group]) -> list[str]:
    """Columns whose texts are kept once each."""
    chunks = groups[0].chunks if groups else ()
    return [".".join(c.leaf.path) for c in chunks if c.leaf.is_bytes and not c.leaf.repeated]


def _told(read: Any) -> Any:
    """What Arrow makes, or its complaint in one line."""
    try:
        return read()
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
        raise ValueError(" ".join(str(error).split())[:200] or type(error).__name__) from None
