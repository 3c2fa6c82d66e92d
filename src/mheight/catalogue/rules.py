"""Rules that make codes from codes, and what they do to heights.

| rule | from | to | heights |
|---|---|---|---|
| subcode | [n, k] | [n, k'] | no larger: fewer codewords |
| shorten | [n, k] | [n-1, k-1] | no larger: a zero entry is left out |
| zero column, repeated column | [n, k] | [n+1, k] | no larger: one more entry to rank |
| puncture | [n, k] | [n-1, k] | h'_m <= h_{m+1}: of m+2 entries m+1 are left |
| direct sum | [n, k], [n', k'] | [n+n', k+k'] | the larger of the two |
| repeat t times | [n, k] | [tn, k] | h'_m = h_floor(m/t), h_0 = 1 |
| product | [n, k], [n', k'] | [nn', kk'] | h_((m+1)(m'+1)-1) <= h_m h'_m' |

Proofs.  Direct sum: the largest entry of (c, c') lies in one part, say c, and |c|(m) is at most
|(c, c')|(m).  With c' = 0 equality is reached.  Product: codewords are matrices with columns in
one code and rows in the other.  In the column of the largest entry, m+1 entries have at least
1/h_m of it; in the row of each, m'+1 have at least 1/(h_m h'_m') of it.

h_m = 1 is attainable exactly where n >= k (m+1).  Proof: the polytope of all u with every
|<g_j, u>| <= 1 has facets; inside a facet, u has no other largest entries than those at columns
+-g normal to it.  Where h_m = 1 there are at least m+1 of each, and the normals of a bounded
polytope span R^k, so that there are k directions at least.  `repetition_sum` reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mheight.catalogue.chains import Chain
from mheight.catalogue.elements import as_elements, as_entries
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.integer_forms import integer_form
from mheight.codes import LinearCode
from mheight.codes.checks import checked_integer
from mheight.errors import InvalidCodeError, InvalidDataError

__all__ = [
    "RULES",
    "apply_rule",
    "as_integer",
    "direct_sum",
    "dual",
    "one_is_attained",
    "product",
    "puncture",
    "repeat",
    "repeat_column",
    "shorten",
    "subcode",
    "zero_column",
]


def one_is_attained(n: int, k: int, m: int) -> bool:
    """Whether some [n, k] code has h_m = 1, see the proof above.

    Examples:
        >>> one_is_attained(9, 3, 2), one_is_attained(9, 3, 3)
        (True, False)
    """
    return n >= k * (m + 1)


def subcode(code: ExactCode, rows: Sequence[int]) -> ExactCode:
    """The code that some rows of the generator matrix span: no height is larger.

    Args:
        code: any.
        rows: different rows to keep, at least one.
    """
    kept = [int(i) for i in rows]
    if not kept or len(set(kept)) != len(kept) or not all(0 <= i < code.k for i in kept):
        raise InvalidCodeError(f"rows must be different ones of 0..{code.k - 1}, got {kept}")
    return ExactCode([code.rows[i] for i in kept], _chain("subcode", [code], rows=kept))


def shorten(code: ExactCode, column: int) -> ExactCode:
    """The codewords that are 0 at a position, without it: no height is larger.

    Exact in fractions, in a quadratic field, and in closed forms while they are short; a
    matrix with floats, or of long forms, comes out in floats, as [I | P].
    """
    at = _column(code, column)
    if code.k < 2:
        raise InvalidCodeError("a code of dimension 1 has no shortened code")
    sizes = np.abs(code.floats()[:, at])
    pivot = int(np.argmax(sizes > 0.999 * sizes.max()))
    if sizes[pivot] < 1e-9:
        raise InvalidCodeError(f"column {at} is zero: shortening there keeps the dimension")
    chain = _chain("shorten", [code], column=at)
    if not _has_floats(code):
        rows, _ = as_elements(code.rows)
        lead = rows[pivot]
        kept = []
        for i, row in enumerate(rows):
            if i != pivot and sizes[i] < 1e-12:
                kept.append(row)
            elif i != pivot:
                factor = row[at] / lead[at]
                kept.append([x - factor * y for x, y in zip(row, lead, strict=True)])
        entries = as_entries([[x for j, x in enumerate(row) if j != at] for row in kept])
        if entries is not None:
            return ExactCode(entries, chain)
    G = code.floats()
    G = G - np.outer(G[:, at] / G[pivot, at], G[pivot])
    return _in_floats(np.delete(np.delete(G, pivot, axis=0), at, axis=1), chain)


def puncture(code: ExactCode, column: int) -> ExactCode:
    """Without a position: the new h_m is at most the old h_{m+1}.

    Raises:
        InvalidCodeError: the dimension falls, so that the old code had a word of one entry.
    """
    at = _column(code, column)
    if code.n - 1 < code.k or np.linalg.matrix_rank(np.delete(code.floats(), at, 1)) < code.k:
        raise InvalidCodeError(f"without column {at} the dimension falls below {code.k}")
    rows = [[x for j, x in enumerate(row) if j != at] for row in code.rows]
    return ExactCode(rows, _chain("puncture", [code], column=at))


def zero_column(code: ExactCode) -> ExactCode:
    """With a position that is 0 in every codeword: all heights stay, and h_{n-k+1} is infinite."""
    return ExactCode([[*row, 0] for row in code.rows], _chain("zero_column", [code]))


def repeat_column(code: ExactCode, column: int) -> ExactCode:
    """With a position once more, at the end: no height is larger."""
    at = _column(code, column)
    rows = [[*row, row[at]] for row in code.rows]
    return ExactCode(rows, _chain("repeat_column", [code], column=at))


def repeat(code: ExactCode, times: int) -> ExactCode:
    """Every position t times: h'_m = h_floor(m/t), where h_0 = 1."""
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise InvalidCodeError(f"positions are repeated 1, 2, ... times, got {times!r}")
    rows = [[x for x in row for _ in range(times)] for row in code.rows]
    return ExactCode(rows, _chain("repeat", [code], times=times))


def direct_sum(first: ExactCode, second: ExactCode) -> ExactCode:
    """Pairs of codewords: h_m is the larger of the two."""
    rows = [[*row, *([0] * second.n)] for row in first.rows]
    rows += [[*([0] * first.n), *row] for row in second.rows]
    return ExactCode(rows, _chain("direct_sum", [first, second]))


def product(first: ExactCode, second: ExactCode) -> ExactCode:
    """Matrices with columns in one code and rows in the other.

    h_((m+1)(m'+1)-1) is at most h_m of the first times h_m' of the second.
    """
    chain = _chain("product", [first, second])
    if not _has_floats(first) and not _has_floats(second):
        elements, _ = as_elements([*_padded(first, second), *_padded(second, first)])
        A = [row[: first.n] for row in elements[: first.k]]
        B = [row[: second.n] for row in elements[first.k :]]
        entries = as_entries([[x * y for x in a for y in b] for a in A for b in B])
        if entries is not None:
            return ExactCode(entries, chain)
    together: Any = np.kron(first.floats(), second.floats())
    return ExactCode(together.tolist(), chain)


def _padded(code: ExactCode, other: ExactCode) -> list[list[Any]]:
    return [[*row, *([0] * max(0, other.n - code.n))] for row in code.rows]


def dual(code: ExactCode) -> ExactCode:
    """The code of all words orthogonal to every codeword; its heights are its own.

    Exact in fractions and in a quadratic field; else in floats.
    """
    if code.n == code.k:
        raise InvalidCodeError("the dual of the code of all words has dimension 0")
    chain = _chain("dual", [code])
    elements, where = as_elements(code.rows)
    if _has_floats(code) or where == "forms":
        return _in_floats(np.asarray(LinearCode(code.floats()).H), chain)
    pivots = _reduced(elements)
    free = [j for j in range(code.n) if j not in pivots]
    out = []
    for f in free:
        word: list[Any] = [0] * code.n
        word[f] = 1
        for row, p in zip(elements, pivots, strict=True):
            word[p] = -row[f]
        out.append(word)
    entries = as_entries(out)
    if entries is None:
        return _in_floats(np.asarray(LinearCode(code.floats()).H), chain)
    return ExactCode(entries, chain)


def as_integer(code: ExactCode) -> ExactCode:
    """An equivalent code [I | P] with integers of magnitude at most 100 in P.

    Raises:
        InvalidCodeError: none is found.
    """
    form = integer_form(code)
    if form is None:
        raise InvalidCodeError("no form [I | P] with small whole numbers is found")
    return ExactCode(form, _chain("integer_form", [code]))


def _reduced(rows: list[list[Any]]) -> list[int]:
    """Reduced echelon form in place, for elements that know their zeros; the pivots."""
    pivots: list[int] = []
    for column in range(len(rows[0])):
        r = len(pivots)
        if r == len(rows):
            break
        lead = next((i for i in range(r, len(rows)) if rows[i][column]), None)
        if lead is None:
            continue
        rows[r], rows[lead] = rows[lead], rows[r]
        scale = rows[r][column]
        rows[r] = [x / scale for x in rows[r]]
        for i, row in enumerate(rows):
            if i != r and row[column]:
                factor = row[column]
                rows[i] = [x - factor * y for x, y in zip(row, rows[r], strict=True)]
        pivots.append(column)
    if len(pivots) < len(rows):
        raise InvalidCodeError("the rows of G must be independent")
    return pivots


def _has_floats(code: ExactCode) -> bool:
    return any(isinstance(x, float) for row in code.rows for x in row)


def _in_floats(G: np.ndarray[Any, Any], chain: Chain) -> ExactCode:
    """A float matrix as [I | P], the columns where they were."""
    held = LinearCode(G)
    k = held.k
    out = np.zeros(held.G.shape)
    order = list(held.systematic_order)
    out[:, order[:k]] = np.eye(k)
    out[:, order[k:]] = held.P
    return ExactCode([[float(x) for x in row] for row in out], chain)


def _column(code: ExactCode, column: int) -> int:
    return checked_integer("a column", column, 0, code.n - 1)


def _chain(rule: str, codes: Sequence[ExactCode], **arguments: Any) -> Chain:
    return Chain.by_rule(rule, [Chain.of_code(code.name) for code in codes], **arguments)


RULES: dict[str, tuple[int, Callable[..., ExactCode]]] = {
    "subcode": (1, subcode),
    "shorten": (1, shorten),
    "puncture": (1, puncture),
    "zero_column": (1, zero_column),
    "repeat_column": (1, repeat_column),
    "repeat": (1, repeat),
    "direct_sum": (2, direct_sum),
    "product": (2, product),
    "dual": (1, dual),
    "integer_form": (1, as_integer),
}
"""Rules by name, with how many codes they take."""


def apply_rule(name: str, codes: Sequence[ExactCode], arguments: Mapping[str, Any]) -> ExactCode:
    """Run a rule by name.

    Raises:
        InvalidDataError: no such rule, another number of codes, arguments that it does not take.
    """
    if name not in RULES:
        raise InvalidDataError(f"there is no rule {name!r}")
    count, function = RULES[name]
    if len(codes) != count:
        raise InvalidDataError(f"the rule {name} takes {count} codes, got {len(codes)}")
    try:
        return function(*codes, **arguments)
    except TypeError:
        raise InvalidDataError(
            f"the rule {name} does not take the arguments {sorted(arguments)}"
        ) from None
