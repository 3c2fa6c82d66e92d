"""Where commands take their codes from: typed matrices, files, families.

The options that say which are in `source_options`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from mheight.codes.families import FAMILIES, family_code
from mheight.codes.from_blocks import rational_codes
from mheight.codes.numbers import is_number
from mheight.codes.rationals import Matrix
from mheight.codes.reading import (
    SUFFIXES,
    Block,
    Kind,
    object_blocks,
    parse_block,
    read_blocks,
    read_stream,
)
from mheight.codes.reading.files import nearest
from mheight.errors import InvalidCodeError

__all__ = [
    "as_path",
    "family_block",
    "holds_samples",
    "is_code",
    "opened",
    "opened_path",
    "rational_sources",
    "source_name",
]

_LONGEST_PATH = 1000
_PICKLES = (".pkl", ".pickle")
_FAMILY = re.compile(r"\s*([a-z][a-z-]+)(?::(\d+))?\s*")


def family_block(source: str, exact: bool) -> Block | None:
    """The matrix of a family named as `cosine:9` or `icosahedral`; None for other sources.

    Raises:
        InvalidCodeError: a family without a code of that length, or one whose entries can't
            be written exactly and are to be.
    """
    named = _FAMILY.fullmatch(source)
    if named is None:
        return None
    if named[1] not in FAMILIES:
        return None
    code = family_code(named[1], int(named[2]) if named[2] else None)
    if exact and not FAMILIES[named[1]].is_rational:
        raise InvalidCodeError(
            f"the {named[1]} code has irrational entries, which fractions can't hold: "
            "leave out --exact and --claimed"
        )
    return Block(code.given.values, code.given.kind)


def is_code(source: str) -> bool:
    """Whether an argument names a code (a matrix, a file of matrices, a family).

    Anything else is taken for the folder of a run.
    """
    path = as_path(source)
    if path is not None:
        return path.is_file() or (not path.is_dir() and bool(path.suffix))
    # A family by its name; a typed matrix has a digit.
    return family_block(source, False) is not None or (
        source == "-" or bool(re.search(r"\d", source) and re.search(r"[\s;,\[\]]", source))
    )


def opened(source: str, exact: bool) -> tuple[Iterator[Block], str]:
    """The matrices of a source and its name, which is empty for a typed matrix.

    Args:
        source: a typed matrix, a file, `-` or a family.
        exact: leave fractions and decimals as text, so that nothing is rounded.
    """
    block = family_block(source, exact)
    return (iter([block]), source.strip()) if block else opened_path(source, as_path(source), exact)


def opened_path(source: str, path: Path | None, exact: bool) -> tuple[Iterator[Block], str]:
    """The same, for a source that `as_path` has looked at."""
    if path is not None and _is_pickle(path):
        from mheight.datasets import load_pickle

        return object_blocks(load_pickle(path), str(path), exact), str(path)
    if path is not None:
        if _names_a_file(source) and not path.suffix and not path.exists():
            raise InvalidCodeError(
                f"{source}: no such file or family{nearest(path, _families())}; a matrix is "
                "written '1 0 1; 0 1 1'"
            )
        return read_blocks(path, exact=exact), str(path)
    if source == "-":
        return read_stream(sys.stdin, "standard input", exact=exact), "standard input"
    if (named := family_block(source, exact)) is not None:
        return iter([named]), ""
    return iter([parse_block(source, exact=exact)]), ""


def as_path(source: str) -> Path | None:
    """The file or folder that is meant, or None for standard input, a family or a matrix.

    Raises:
        InvalidCodeError: no matrix, and no file of that name; the nearest name is told.
    """
    if source == "-" or len(source) > _LONGEST_PATH or "\n" in source or not source.strip():
        return None
    path = Path(source)
    try:
        if path.exists():
            return path
    except (OSError, ValueError):
        return None
    if any(mark in source for mark in "[;{&"):
        return None
    endings = [suffix.lower() for suffix in path.suffixes[-2:]]
    known = (*SUFFIXES, *_PICKLES, ".gz")
    if any(ending in known for ending in endings) or _names_a_file(source):
        return path
    return None


def _names_a_file(source: str) -> bool:
    """Whether a text can only be the name of a file: one word with letters, or with a slash."""
    if re.search(r"[\s,|=()]", source) or is_number(source):
        return False
    return bool(re.search(r"[A-Za-z]{2}|[A-Za-z].*[./\\]|[/\\].*[A-Za-z]", source)) and not (
        family_block(source, False)
    )


def _families() -> list[str]:
    return list(FAMILIES)


def holds_samples(path: Path) -> bool:
    """Whether a file or folder holds samples [n, k, m, P] rather than matrices."""
    if path.is_dir():
        return any((path / name).exists() for name in ("manifest.json", "samples.parquet"))
    if not path.is_file() or not path.stat().st_size:
        return _is_pickle(path)
    if path.suffix.lower() == ".npy":
        return False
    from mheight.datasets.sample_files import holds_samples

    return holds_samples(path)


def _is_pickle(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return bool(suffixes) and (
        suffixes[-1] in _PICKLES or (suffixes[-1] == ".gz" and suffixes[0] in _PICKLES)
    )


def rational_sources(sources: list[str], kind: Kind | None) -> Iterator[tuple[str, Matrix]]:
    """The codes of some sources as fractions, with what to call them.

    Irrational families are taken as the binary fractions that hold them.

    Args:
        sources: typed matrices, files and families.
        kind: what matrices are that do not say so themselves.
    """
    for number, source in enumerate(sources):
        block = family_block(source, False)
        blocks, name = (iter([block]), source.strip()) if block else opened(source, True)
        for index, matrix in rational_codes(blocks, name, None if block else kind):
            called = name or source_name(number, sources)
            yield (f"{called}, matrix {index}" if index else called), matrix


def source_name(number: int, sources: list[str]) -> str:
    """What a typed matrix is called: A, B, ... where there are several."""
    return chr(ord("A") + number) if 1 < len(sources) <= 26 else f"code {number}"
