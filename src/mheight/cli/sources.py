"""Where commands take their codes from: typed matrices, files, families."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from mheight.errors import InvalidCodeError

if TYPE_CHECKING:
    from mheight.codes.rationals import Matrix
    from mheight.codes.reading import Block, Kind

__all__ = [
    "FamilyLength",
    "FamilyName",
    "ParityCheck",
    "Systematic",
    "asked_source",
    "family_block",
    "is_code",
    "matrix_kind",
    "opened",
    "rational_sources",
    "source_name",
]

Systematic = Annotated[
    bool, typer.Option("--systematic", "-P", help="Matrices are P of G = [I | P], not G.")
]
ParityCheck = Annotated[
    bool, typer.Option("--parity-check", "-H", help="Matrices are parity-check matrices H.")
]
FamilyName = Annotated[
    str | None,
    typer.Option(
        "--family",
        metavar="NAME",
        help="A code with a known profile instead of a matrix: repetition, single-parity, "
        "cosine, cosine-dual (with --n), icosahedral.",
    ),
]
FamilyLength = Annotated[
    int | None, typer.Option("--n", metavar="LENGTH", help="Length of the code of --family.")
]

_FAMILY = re.compile(r"\s*([a-z][a-z-]+)(?::(\d+))?\s*")


def matrix_kind(systematic: bool, parity_check: bool) -> Kind | None:
    """What matrices are that do not say so themselves.

    Raises:
        InvalidCodeError: both.
    """
    if systematic and parity_check:
        raise InvalidCodeError("a matrix is either P or H: choose one of -P and -H")
    return "P" if systematic else "H" if parity_check else None


def asked_source(source: str | None, family: str | None, length: int | None) -> str:
    """The source that is meant by a matrix or by `--family`.

    Raises:
        InvalidCodeError: both or neither, or `--n` alone.
    """
    if family is None:
        if length is not None:
            raise InvalidCodeError("--n goes with --family")
        if source is None:
            raise InvalidCodeError("a matrix, a file or --family is needed (see --help)")
        return source
    if source is not None:
        raise InvalidCodeError(f"one source is needed, got {source!r} and --family {family}")
    from mheight.codes.families import family_code

    family_code(family, length)  # says what is wrong
    return family if length is None else f"{family}:{length}"


def family_block(source: str, exact: bool) -> Block | None:
    """The matrix of a family named as `cosine:9` or `icosahedral`; None for other sources.

    Raises:
        InvalidCodeError: a family without a code of that length, or one whose entries can't
            be written exactly and are to be.
    """
    named = _FAMILY.fullmatch(source)
    if named is None:
        return None
    from mheight.codes.families import FAMILIES, family_code
    from mheight.codes.reading import Block

    if named[1] not in FAMILIES:
        return None
    code = family_code(named[1], int(named[2]) if named[2] else None)
    if exact and not FAMILIES[named[1]].is_rational:
        raise InvalidCodeError(
            f"the {named[1]} code has irrational entries, which fractions can't hold: "
            "leave out --exact and --claimed"
        )
    return Block(code.G[None], "G")


def is_code(source: str) -> bool:
    """Whether an argument names a code (a matrix, a file of matrices, a family).

    Anything else is taken for the folder of a run.
    """
    from mheight.cli.heights import _as_path

    path = _as_path(source)
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
    from mheight.cli.heights import _as_path, _opened

    block = family_block(source, exact)
    return (iter([block]), source.strip()) if block else _opened(source, _as_path(source), exact)


def rational_sources(sources: list[str], kind: Kind | None) -> Iterator[tuple[str, Matrix]]:
    """The codes of some sources as fractions, with what to call them.

    Irrational families are taken as the binary fractions that hold them.

    Args:
        sources: typed matrices, files and families.
        kind: what matrices are that do not say so themselves.
    """
    from mheight.codes.reading import rational_codes

    for number, source in enumerate(sources):
        block = family_block(source, False)
        blocks, name = (iter([block]), source.strip()) if block else opened(source, True)
        for index, matrix in rational_codes(blocks, name, None if block else kind):
            called = name or source_name(number, sources)
            yield (f"{called}, matrix {index}" if index else called), matrix


def source_name(number: int, sources: list[str]) -> str:
    """What a typed matrix is called: A, B, ... where there are several."""
    return chr(ord("A") + number) if 1 < len(sources) <= 26 else f"code {number}"
