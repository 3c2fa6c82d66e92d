"""Lower bounds for every (n, k, m): published ones, proofs by computation, and their closure.

Rules from codes to codes are rules from bounds to bounds.  With L(n, k, m) below every [n, k]
code's h_m:

* L(n, k, m) >= L(n, k, m-1): heights ascend;
* L(n, k, m) >= L(n, k-1, m): a subcode has no larger height;
* L(n, k, m) >= L(n-1, k-1, m): nor has a shortened code;
* L(n, k, m) >= L(n+1, k, m): nor has a code with one more column;
* L(n, k, m) >= L(n-1, k, m-1): puncturing;
* L(n, k, m) >= L(tn, k, t(m+1)-1): repeating.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache

from mheight.catalogue.entries import LowerBound
from mheight.catalogue.numbers import as_float
from mheight.catalogue.proof_files import INTEGER_PROOFS, PROOFS, read_logs
from mheight.errors import InvalidDataError
from mheight.heights import Bound, lower_bounds

__all__ = [
    "bound_of",
    "bound_table",
    "closed_form",
    "integer_bounds",
    "proved_by_computation",
    "proved_for_integers",
]

Bounds = dict[tuple[int, int, int], LowerBound]


def closed_form(bound: Bound) -> str:
    """The value of a bound as an exact number: a closed form out of its statement.

    Examples:
        >>> from mheight.heights import best_lower_bound
        >>> closed_form(best_lower_bound(9, 4, 5)), closed_form(best_lower_bound(9, 4, 1))
        ('1/(2*sin(pi/12)^2)-1', '1')
    """
    right = bound.statement.split(">=", 1)[1].strip()
    if found := re.fullmatch(r"ceil\((\d+)/(\d+)\)", right):
        return str(-(-int(found[1]) // int(found[2])))
    if found := re.fullmatch(r"1/\(2 sin\^2\(pi/(\d+)\)\) - 1", right):
        return f"1/(2*sin(pi/{found[1]})^2)-1"
    if found := re.fullmatch(r"1/sin\(pi/(\d+)\)", right):
        return f"1/sin(pi/{found[1]})"
    if found := re.fullmatch(r"cot\(pi/(\d+)\)", right):
        return f"cos(pi/{found[1]})/sin(pi/{found[1]})"
    if found := re.fullmatch(r"1/\(sqrt\(2\) cos\((\d+)pi/(\d+)\)\)", right):
        return f"1/(sqrt(2)*cos({found[1]}*pi/{found[2]}))"
    if found := re.fullmatch(r"(\d+)/\((\d+) sqrt\(3\)\)", right):
        return f"{found[1]}/({found[2]}*sqrt(3))"
    if right.isdecimal():
        return right
    raise InvalidDataError(f"no closed form is known for the bound {bound.statement!r}")


@cache
def bound_table(longest: int) -> Bounds:
    """The best lower bound for each (n, k, m), 1 <= m <= n-k, n up to a longest.

    Published bounds (`mheight.heights.lower_bounds`), bounds that were proved by computation,
    and what the rules make of them.

    Args:
        longest: at least 2.
    """
    reach = longest + 1
    best: Bounds = {}
    for n in range(2, reach + 1):
        for k in range(1, n):
            for bound in lower_bounds(n, k):
                if bound.m <= n - k and math.isfinite(bound.value):
                    _offer(best, LowerBound(n, k, bound.m, closed_form(bound), bound.statement,
                                            bound.source))  # fmt: skip
    for proved in proved_by_computation():
        if proved.n <= reach:
            _offer(best, proved)
    changed = True
    while changed:
        changed = sum(_offer(best, bound) for bound in list(_consequences(best, reach))) > 0
    return {key: bound for key, bound in sorted(best.items()) if key[0] <= longest}


@cache
def integer_bounds(longest: int) -> Bounds:
    """What proofs for codes [I | P] of integers say, and what the rules make of them.

    All rules hold for these codes among themselves: a row of P less, a column of P less or
    more, a row and a column of I less, columns of [I | P] repeated among those of P.

    Args:
        longest: at least 2.
    """
    reach = longest + 1
    best: Bounds = {}
    for proved in proved_for_integers():
        if proved.n <= reach:
            _offer(best, proved)
    changed = True
    while changed:
        changed = sum(_offer(best, bound) for bound in list(_consequences(best, reach))) > 0
    return {key: bound for key, bound in sorted(best.items()) if key[0] <= longest}


def bound_of(kind: str, common: LowerBound, longest: int) -> LowerBound:
    """The better one for a kind of code: that for all codes, or that for integers.

    Args:
        kind: "real" or "integer".
        common: a bound for all codes.
        longest: of the table.
    """
    if kind != "integer":
        return common
    held = integer_bounds(longest).get((common.n, common.k, common.m))
    if held is None or _value(held.value) <= _value(common.value) * (1 + 1e-12):
        return common
    return held


def _offer(best: Bounds, bound: LowerBound) -> bool:
    key = (bound.n, bound.k, bound.m)
    held = best.get(key)
    if held is not None and _value(bound.value) <= _value(held.value) * (1 + 1e-12):
        return False
    best[key] = bound
    return True


@cache
def _value(text: str) -> float:
    return as_float(text)


def _consequences(best: Bounds, reach: int) -> Iterator[LowerBound]:
    for (n, k, m), held in best.items():
        for n2, k2, m2, rule in (
            (n, k, m + 1, "heights ascend"),
            (n, k + 1, m, "subcode"),
            (n + 1, k + 1, m, "shortening"),
            (n - 1, k, m, "one more column"),
            (n + 1, k, m + 1, "puncturing"),
        ):
            if 1 <= k2 < n2 <= reach and 1 <= m2 <= n2 - k2:
                yield LowerBound(n2, k2, m2, held.value, f"{rule} from h_{m} of [{n}, {k}]: "
                                 + held.rule.split(": ", 1)[-1], held.source)  # fmt: skip
        for times in range(2, n + 1):
            # h_(t (m+1) - 1) of the repeated code is h_m.
            order = (m + 1) // times - 1
            if n % times == 0 and (m + 1) % times == 0 and 1 <= order <= n // times - k:
                yield LowerBound(
                    n // times, k, order, held.value,
                    f"repeating from h_{m} of [{n}, {k}]: " + held.rule.split(": ", 1)[-1],
                    held.source,
                )  # fmt: skip


@cache
def proved_by_computation() -> tuple[LowerBound, ...]:
    """Bounds that a branch and bound proved; their logs can be replayed."""
    return tuple(
        read_logs(
            PROOFS,
            lambda p: LowerBound(
                p["n"], p["k"], p["m"], p["value"], f"h_{p['m']} >= {p['value']}",
                "branch and bound in intervals, mheight.catalogue.proofs",
            ),
        )
    )  # fmt: skip


@cache
def proved_for_integers() -> tuple[LowerBound, ...]:
    """Bounds on all codes [I | P] of integers, which were gone through; the logs replay."""
    return tuple(
        read_logs(
            INTEGER_PROOFS,
            lambda p: LowerBound(
                p["n"], p["k"], p["n"] - p["k"], p["value"],
                f"h_{p['n'] - p['k']} >= {p['value']} for integers",
                "all integer codes, mheight.catalogue.exhaustion",
            ),
        )
    )  # fmt: skip
