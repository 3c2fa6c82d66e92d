"""Files of every kind, packed or not, told by their ending or by how they begin."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from mheight.errors import InvalidDataError

__all__ = ["SUFFIXES", "FileKind", "Source"]

FileKind = Literal["pickle", "parquet", "npy", "npz", "mat", "json", "jsonl", "table"]

_KINDS: dict[str, FileKind] = {
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".p": "pickle",
    ".parquet": "parquet",
    ".csv": "table",
    ".tsv": "table",
    ".txt": "table",
    ".dat": "table",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".npy": "npy",
    ".npz": "npz",
    ".mat": "mat",
}
SUFFIXES = tuple(_KINDS)
"""Endings that say what a file is; any of them may be followed by `.gz`."""

_BEGINNINGS: tuple[tuple[bytes, FileKind], ...] = (
    (b"PAR1", "parquet"),
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "npz"),
    (b"MATLAB 5.0", "mat"),
    (b"\x89HDF", "mat"),
    *((bytes([0x80, protocol]), "pickle") for protocol in range(2, 6)),
    # Protocols 0 and 1: a list, a dict, a tuple, an array.
    *((start, "pickle") for start in (b"(l", b"(d", b"(t", b"]q", b"}q", b"(cnumpy", b"cnumpy")),
)  # fmt: skip

_GZIP = b"\x1f\x8b"
_LONGEST_LINE = 2**24
_LARGEST_WHOLE = 2**28
_PIECE = 2**20
_LARGEST_UNPACKED = 2**32


class Source:
    """A file to be read.

    Args:
        path: the file; what it is follows from its ending, else from how it begins.

    Raises:
        InvalidDataError: there is no such file, it is empty, or nothing that is known.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise InvalidDataError(f"{self.path}: no such file or folder")
        if not self.path.is_file():
            raise InvalidDataError(f"{self.path}: a file is needed")
        with self.path.open("rb") as stream:
            start = stream.read(2)
        if not start:
            raise InvalidDataError(f"{self.path}: samples are needed, got an empty file")
        self.packed = start == _GZIP
        if not self.packed and self.path.suffix.lower() == ".gz":
            raise InvalidDataError(f"{self.path}: not a gzip file, whatever its name says")
        self.kind: FileKind = self._by_ending() or self._by_beginning()

    def _by_ending(self) -> FileKind | None:
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        if suffixes and suffixes[-1] == ".gz":
            suffixes.pop()
        return _KINDS.get(suffixes[-1]) if suffixes else None

    def _by_beginning(self) -> FileKind:
        with self.binary() as stream:
            start = stream.read(1000)
        for beginning, kind in _BEGINNINGS:
            if start.startswith(beginning):
                return kind
        try:
            text = start.decode("utf-8-sig", errors="strict" if len(start) < 1000 else "ignore")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text or not text.strip():
            known = ", ".join(SUFFIXES)
            raise InvalidDataError(
                f"{self.path}: neither a pickle nor anything else that is known "
                f"(files that end in {known}, and .gz of these)"
            )
        return "json" if text.lstrip().startswith(("[", "{")) else "table"

    @contextmanager
    def binary(self) -> Iterator[IO[bytes]]:
        """The content as a stream, unpacked.

        Raises:
            InvalidDataError: packed content that is damaged.
        """
        try:
            with self.path.open("rb") as stream:
                yield gzip.GzipFile(fileobj=stream) if self.packed else stream  # type: ignore[misc]
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise InvalidDataError(f"{self.path}: the gzip file is damaged ({error})") from None

    def whole(self, largest: int = _LARGEST_WHOLE) -> bytes:
        """All content, unpacked.

        Raises:
            InvalidDataError: there is more than that.
        """
        # Asked for at once, so many bytes would be set aside for any file.
        pieces, size = [], 0
        with self.binary() as stream:
            while size <= largest and (piece := stream.read(_PIECE)):
                pieces.append(piece)
                size += len(piece)
        if size > largest:
            raise InvalidDataError(
                f"{self.path}: larger than {largest // 2**20} MiB; write Parquet, CSV or JSON "
                "lines, which are read a piece at a time"
            )
        return b"".join(pieces)

    def lines(self) -> Iterator[str]:
        """Lines of a text in UTF-8, with their ends, without a byte-order mark.

        Raises:
            InvalidDataError: another encoding, a line without end, or too much text that was
                packed.
        """
        left = _LARGEST_UNPACKED
        with self.binary() as stream:
            reader = io.BufferedReader(stream) if self.packed else stream  # type: ignore[type-var]
            at = 0
            while line := reader.readline(_LONGEST_LINE + 1):
                at += 1
                left -= len(line) if self.packed else 0
                if len(line) > _LONGEST_LINE or left < 0:
                    what = "a line" if len(line) > _LONGEST_LINE else "the packed text"
                    raise InvalidDataError(f"{self.path}, line {at}: {what} is too long")
                try:
                    yield line.decode("utf-8-sig" if at == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise InvalidDataError(
                        f"{self.path}, line {at}: can't be read: text in UTF-8 is needed ({error})"
                    ) from None
