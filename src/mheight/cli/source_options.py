"""Options of every command that takes codes: what its matrices are, and families."""

from __future__ import annotations

from typing import Annotated

import typer

from mheight.codes.families import family_code
from mheight.codes.reading import Kind
from mheight.errors import InvalidCodeError

__all__ = [
    "FamilyLength",
    "FamilyName",
    "ParityCheck",
    "Systematic",
    "asked_source",
    "matrix_kind",
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
    family_code(family, length)  # says what is wrong
    return family if length is None else f"{family}:{length}"
