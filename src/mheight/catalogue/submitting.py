"""Judging a code that somebody submits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mheight.catalogue.certified import certified_heights
from mheight.catalogue.chains import Chain
from mheight.catalogue.entries import Entry, Kind
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.height_texts import height_text
from mheight.catalogue.integer_forms import integer_form
from mheight.catalogue.lookup import best_code
from mheight.catalogue.numbers import as_float
from mheight.codes.checks import checked_integer
from mheight.codes.equivalence import equivalence
from mheight.errors import InvalidCodeError, InvalidDataError, MheightError

__all__ = ["ROUNDING", "Judgement", "judge_submission", "read_exact"]

ROUNDING = 1e-9
"""A height that is smaller by less than this, relatively, is the same up to rounding."""

Outcome = Literal["better", "better only within rounding", "equivalent", "equal", "worse", "new"]


@dataclass(frozen=True)
class Judgement:
    """A submitted code beside the best that is known.

    Attributes:
        kind: "real" or "integer": which entry it is compared with.
        m: index of the height.
        height: of the submitted code, certified; as text.
        known: the entry; None where the catalogue has none.
        outcome: `better` by more than a relative 1e-9; `better only within rounding`;
            `equivalent` to the known code, up to order and signs of positions (and rounding);
            `equal` in height, and another code; `worse`; `new` where nothing was known.
        reason: one sentence.
    """

    kind: Kind
    m: int
    height: str
    known: Entry | None
    outcome: Outcome
    reason: str

    @property
    def is_better(self) -> bool:
        """Whether the catalogue should take it."""
        return self.outcome in ("better", "new")


def read_exact(path: Path) -> ExactCode:
    """A code from a JSON file with exact entries: `{"rows": [["1", "sqrt(5)", ...], ...]}`.

    Files of found codes (`mheight design`) are read too.

    Raises:
        InvalidDataError: no such file, or no such object.
    """
    if not path.exists():
        raise InvalidDataError(f"{path}: no such file")
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidDataError(f"{path}: not JSON: {error}") from None
    rows = value.get("rows", value.get("matrix")) if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise InvalidDataError(f'{path}: an object with "rows", a list of lists, is wanted')
    try:
        return ExactCode(rows, Chain.given("submission"))
    except MheightError as error:
        raise InvalidDataError(f"{path}: {error}") from None


def judge_submission(code: ExactCode, m: int, kinds: Sequence[Kind] = ("real", "integer")
                     ) -> list[Judgement]:  # fmt: skip
    """Compare a code with the best that is known, for real and for integer entries.

    Args:
        code: the code; compared with integer ones only if it has a form [I | P] with integers
            of magnitude at most 100.
        m: index of the height, 1 <= m <= n-k.
        kinds: which comparisons are wanted.

    Raises:
        InvalidCodeError: m out of range; dependent rows; an infinite height; a length beyond the
            catalogue.

    Examples:
        >>> code = ExactCode([[1, 0, 1, 1], [0, 1, 1, 2]], Chain.given("submission"))
        >>> judge_submission(code, 2)[0].outcome
        'worse'
    """
    m = checked_integer("m", m, 1, code.n - code.k, "1..n-k = ")
    heights = {height.m: height for height in certified_heights(code)}
    if m not in heights:
        raise InvalidCodeError(f"h_{m} of this [{code.n}, {code.k}] code is infinite")
    text = height_text(heights[m])
    out = []
    for kind in kinds:
        if kind == "integer" and integer_form(code) is None:
            continue
        try:
            known = best_code(code.n, code.k, m, kind)
        except InvalidCodeError as error:
            if "in the catalogue" not in str(error):
                raise
            out.append(Judgement(kind, m, text, None, "new", "nothing was known"))
            continue
        out.append(Judgement(kind, m, text, known, *_compared(code, text, known)))
    return out


def _compared(code: ExactCode, text: str, known: Entry) -> tuple[Outcome, str]:
    ours, theirs = as_float(text), known.number
    apart = (ours - theirs) / theirs
    if apart < -ROUNDING:
        return "better", f"smaller by {-apart:.3g} of the known height"
    if apart > ROUNDING:
        return "worse", f"larger by {apart:.3g} of the known height"
    if _is_equivalent(code, known.record.code):
        return "equivalent", "the known code, in another order and signs of positions"
    if ours < theirs:
        return (
            "better only within rounding",
            f"smaller by {-apart:.1e} of the known height; {ROUNDING:g} is asked for",
        )
    return "equal", "another code of the same height"


def _is_equivalent(code: ExactCode, known: ExactCode) -> bool:
    try:
        return bool(equivalence(code.linear(), known.linear()))
    except InvalidCodeError:
        return False  # not decided within the steps allowed
