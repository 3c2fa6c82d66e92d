"""Files as they lie: plain or compressed by gzip, text in UTF-8 or UTF-16, line by line."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from mheight.errors import InvalidCodeError

__all__ = ["LARGEST", "bytes_of", "ending", "lines_of", "opened", "seekable", "text_of"]

LARGEST = 2**30
"""Most bytes of what is read whole after unfolding, such as JSON."""

_LONGEST_LINE = 2**26
_PIECE = 2**20


def ending(path: Path) -> tuple[str, bool]:
    """The suffix of a file in small letters, and whether it is compressed: `.csv`, True."""
    suffix = path.suffix.lower()
    if suffix != ".gz":
        return suffix, False
    return path.with_suffix("").suffix.lower(), True


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, unfolded where its name ends in `.gz`."""
    if ending(path)[1]:
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def bytes_of(path: Path) -> bytes:
    """All bytes of a file, unfolded.

    Raises:
        InvalidCodeError: more than `LARGEST`.
    """
    pieces, size = [], 0
    with opened(path) as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > LARGEST:
                raise InvalidCodeError(
                    f"{path}: at most {LARGEST // 2**20:,} MiB are read of such a file; "
                    "split it, or write .npy, .jsonl, .csv or .parquet"
                )
            pieces.append(piece)
    return b"".join(pieces)


def seekable(path: Path) -> Path | io.BytesIO:
    """What readers take that must jump: the path itself, or the unfolded bytes."""
    return io.BytesIO(bytes_of(path)) if ending(path)[1] else path


def lines_of(path: Path) -> Iterator[str]:
    """Lines of a text, without a byte-order mark, each ending in a line feed.

    Raises:
        InvalidCodeError: neither UTF-8 nor marked as UTF-16, or a line that is too long.
    """
    with opened(path) as binary:
        start = binary.read(2)
        binary.seek(0)
        wide = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        encoding = "utf-16" if wide else "utf-8-sig"
        stream = io.TextIOWrapper(binary, encoding=encoding)
        at = 0
        try:
            while line := stream.readline(_LONGEST_LINE):
                at += 1
                if len(line) == _LONGEST_LINE:
                    raise InvalidCodeError(
                        f"{path}, line {at}: more than {_LONGEST_LINE // 10**6} million characters"
                    )
                if "\0" in line:
                    raise InvalidCodeError(f"{path}, line {at}: text is needed, got binary data")
                yield line
        except UnicodeDecodeError as error:
            raise InvalidCodeError(
                f"{path}: can't be read: text in UTF-8 is needed, got the byte "
                f"0x{error.object[error.start]:02x}"
            ) from None


def text_of(path: Path) -> str:
    """A whole text.

    Raises:
        InvalidCodeError: as for `lines_of`, or more than `LARGEST`.
    """
    raw = bytes_of(path)
    wide = raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidCodeError(
            f"{path}: can't be read: text in UTF-8 is needed, got the byte "
            f"0x{raw[error.start]:02x} at {error.start}"
        ) from None
