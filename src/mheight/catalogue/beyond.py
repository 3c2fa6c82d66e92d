"""Entries beyond the catalogue's lengths: families whose heights are known in closed form."""

from __future__ import annotations

from functools import lru_cache

from mheight.catalogue.chains import Chain
from mheight.catalogue.constructions import polygon, polygon_dual, repetition_sum, single_parity
from mheight.catalogue.constructions.waves import polygon_dual_height, polygon_height
from mheight.catalogue.entries import CodeRecord, Entry, Kind, LowerBound
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.lower import closed_form
from mheight.catalogue.rules import one_is_attained
from mheight.errors import InvalidCodeError
from mheight.heights import best_lower_bound, find_height

__all__ = ["LONGEST_FAMILY", "family_entry"]

LONGEST_FAMILY = 64
"""Longest codes of families that `best_code` gives."""


@lru_cache(maxsize=256)
def family_entry(n: int, k: int, m: int, kind: Kind) -> Entry:
    """The code of a family for n beyond the catalogue.

    Sums of repetitions where h_m = 1 is attainable, single parity, polygons and their duals.
    Another code may be better, where the height is not the least there is (`status`).

    Raises:
        InvalidCodeError: no family has such a code.
    """
    code, height = _family(n, k, m, kind)
    witness = find_height(code.linear(), m).certificate
    if witness.information_set is None:
        raise InvalidCodeError(f"h_{m} of the [{n}, {k}] code is infinite")
    signs = tuple(1 if witness.codeword[b] > 0 else -1 for b in witness.information_set)
    known = best_lower_bound(n, k, m)
    bound = LowerBound(n, k, m, closed_form(known), known.statement, known.source)
    record = CodeRecord(code, "construction", "")
    return Entry(
        n=n, k=k, m=m, kind=kind, height=height, code=code.name,
        information_set=witness.information_set, signs=signs, proof="closed form",
        reached=("construction",), record=record, bound=bound,
    )  # fmt: skip


def _family(n: int, k: int, m: int, kind: Kind) -> tuple[ExactCode, str]:
    if one_is_attained(n, k, m):
        code = repetition_sum([n // k + int(i < n % k) for i in range(k)])
        return (code if kind == "real" else _as_integers(code)), "1"
    if k == n - 1:
        return single_parity(n), str(n - 1)
    if kind == "real" and k == 2:
        return polygon(n), polygon_height(n, m)
    if kind == "real" and k == n - 2:
        return polygon_dual(n), polygon_dual_height(n, m)
    raise InvalidCodeError(
        f"beyond n = 16 the catalogue has families: k = 1, 2, n-2, n-1, and n >= k(m+1); "
        f"got (n, k, m) = ({n}, {k}, {m}), {kind}"
    )


def _as_integers(code: ExactCode) -> ExactCode:
    """A sum of repetitions as [I | P]: one column of each block first."""
    first = [next(j for j in range(code.n) if row[j]) for row in code.rows]
    order = [*first, *(j for j in range(code.n) if j not in first)]
    rows = [[row[j] for j in order] for row in code.rows]
    return ExactCode(rows, Chain.by_rule("integer_form", [code.chain]))
