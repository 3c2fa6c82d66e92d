"""`mheight equivalent`: whether two codes are the same up to order and signs of positions."""

from __future__ import annotations

import json

import typer

from mheight.cli.console import out
from mheight.cli.source_options import ParityCheck, Systematic, matrix_kind
from mheight.cli.sources import rational_sources
from mheight.cli.theory_options import FirstCode, JsonNotSentences, SecondCode
from mheight.codes.equivalence import equivalence
from mheight.errors import InvalidCodeError

__all__ = ["CODES_DIFFER", "equivalent"]

CODES_DIFFER = 3
"""Exit status for codes that are not equivalent."""


def equivalent(
    first: FirstCode,
    second: SecondCode,
    systematic: Systematic = False,
    parity_check: ParityCheck = False,
    as_json: JsonNotSentences = False,
) -> None:
    """Say whether B is A with its positions in another order and some signs changed.

    Equivalent codes have the same heights. Decided in fractions; codes that agree only up to
    rounding are called so. Exit status 0 if they are equivalent, 3 if not.
    """
    codes = list(rational_sources([first, second], matrix_kind(systematic, parity_check)))
    if len(codes) != 2:
        raise InvalidCodeError(f"two codes are needed, got {len(codes)} in these sources")
    (_, A), (_, B) = codes
    found = equivalence(A, B)
    if as_json:
        value = {"relation": found.relation, "order": found.order, "signs": found.signs}
        out(json.dumps({**value, "reason": found.reason}))
    elif found.order is None or found.signs is None:
        out(f"different: {found.reason}")
    else:
        places = zip(found.order, found.signs, strict=True)
        signed = " ".join(f"{'-' if sign < 0 else '+'}{place}" for place, sign in places)
        out(f"{found.relation}: {found.reason}")
        out(f"positions of A (from 0) in the order of B, with the change of sign: {signed}")
    if not found:
        raise typer.Exit(CODES_DIFFER)
