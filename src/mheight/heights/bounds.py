"""Lower bounds on the heights of every [n, k] code: how good a code can be at most.

Three operations carry a bound from one [n, k] to another.

* Puncturing: leave out s < m positions.  Of the m+1 largest entries of a codeword at
  least m-s+1 remain, so h_m is at least h_{m-s} of the punctured code.  Where that has
  fewer than k dimensions, a codeword has weight at most s, and h_m is infinite.
* Shortening: keep the codewords that vanish on t independent columns, t < k, and leave
  these out.  Zeros change neither |c|(0) nor |c|(m), so h_m is at least that of the
  [n-t, k-t] code.
* Monotony: h_m is at least h_{m-1}.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mheight.codes.checks import checked_integer, is_integer
from mheight.errors import InvalidCodeError

__all__ = ["Bound", "best_lower_bound", "lower_bounds"]

_SHARP = "arXiv 2606.03011"


@dataclass(frozen=True)
class Bound:
    """A number that no [n, k] code can bring its m-height below.

    Attributes:
        m: index of the height.
        value: at least 1, possibly infinite; rounded as floats are, so compare with a
            relative tolerance such as 1e-12.
        statement: the bound as a formula.
        source: where it is proved.
    """

    m: int
    value: float
    statement: str
    source: str


def lower_bounds(n: int, k: int) -> tuple[Bound, ...]:
    """All known bounds for h_1 ... h_{n-1}, the weaker ones too unless they are trivial.

    With r = n-k for the redundancy:

    * h_m >= 1, by definition.
    * h_m is infinite for m > r: some codeword has k-1 zeros (Singleton).
    * h_1 >= ceil(k / r) [arXiv 2606.03011]; by puncturing m-1 positions,
      h_m >= ceil(k / (r-m+1)).
    * h_2 >= 1 / (2 sin^2(pi/2n)) - 1 for r = 2 [arXiv 2606.03011]; by puncturing r-2
      positions, h_r >= 1 / (2 sin^2(pi/(2k+4))) - 1 for r >= 2.
    * h_r >= cot(pi/2n) for even n and 1/sin(pi/2n) for odd n, for k = 2; by shortening, with
      n = r+2, for larger k [derived: docs/mathematics.md].  The cosine code reaches it.
    * h_m >= 1 / (sqrt(2) cos((m+1) pi/2n)) for k = 2, and h_m >= n / (sqrt(3) (n-m-1)) for
      k = 3; by shortening, with n = r+2 or r+3, for larger k [derived].  Proof:

      G -> A G changes no height, so the convex hull of all +-g_j may be taken to contain
      the unit ball and to lie in the ball of radius sqrt(k) (John's theorem).  For a unit
      vector u, the codeword u G has an entry of at least 1, and entries of at most
      t sqrt(k) at columns that make an angle of at most arcsin t with the hyperplane of u.
      With u uniform on the sphere a column does so with probability F(t), which is
      2/pi arcsin t for k = 2 and t for k = 3.  Where n F(t) > n-m-1, some u has n-m such
      columns, and h_m >= 1 / (t sqrt(k)).

    Args:
        n: length, at least k.
        k: dimension, at least 1.

    Returns:
        Bounds ordered by m.

    Raises:
        InvalidCodeError: n and k are not integers with 1 <= k <= n.

    Examples:
        >>> for bound in lower_bounds(5, 3):
        ...     print(bound.m, f"{bound.value:.4f}", bound.statement)
        1 1.0000 h_1 >= 1
        1 2.0000 h_1 >= ceil(3/2)
        2 1.0000 h_2 >= 1
        2 3.0000 h_2 >= ceil(3/1)
        2 4.2361 h_2 >= 1/(2 sin^2(pi/10)) - 1
        2 2.4142 h_2 >= cot(pi/8)
        2 1.8478 h_2 >= 1/(sqrt(2) cos(3pi/8))
        2 1.4434 h_2 >= 5/(2 sqrt(3))
        3 inf h_3 = infinity
        4 inf h_4 = infinity
    """
    _check_code(n, k)
    return tuple(bound for m in range(1, int(n)) for bound in _bounds(int(n), int(k), m))


def best_lower_bound(n: int, k: int, m: int) -> Bound:
    """The largest known lower bound on h_m of [n, k] codes (see `lower_bounds`).

    Args:
        n: length, at least k.
        k: dimension, at least 1.
        m: 1 <= m <= n-1.

    Returns:
        The bound; of equal ones the simplest.

    Raises:
        InvalidCodeError: no such code, or m outside 1..n-1.

    Examples:
        >>> best_lower_bound(9, 4, 5).statement
        'h_5 >= 1/(2 sin^2(pi/12)) - 1'
    """
    _check_code(n, k)
    m = checked_integer("m", m, 1, n - 1, "1..n-1 = ")
    return max(_bounds(int(n), int(k), m), key=lambda bound: bound.value)


def _bounds(n: int, k: int, m: int) -> Iterator[Bound]:
    """Bounds on h_m, the simplest first."""
    redundancy = n - k
    if m > redundancy:
        yield Bound(m, math.inf, f"h_{m} = infinity", "Singleton bound, d <= n-k+1")
        return
    yield Bound(m, 1.0, f"h_{m} >= 1", "definition")
    rest = redundancy - m + 1
    yield Bound(m, float(-(-k // rest)), f"h_{m} >= ceil({k}/{rest})", _punctured(m - 1))
    if m == redundancy and m >= 2 and k >= 2:
        angle = math.pi / (2 * (k + 2))
        yield Bound(
            m,
            1.0 / (2.0 * math.sin(angle) ** 2) - 1.0,
            f"h_{m} >= 1/(2 sin^2(pi/{2 * k + 4})) - 1",
            _punctured(m - 2),
        )
        yield _polygon_bound(redundancy, k)
    yield from (bound for bound in _slab_bounds(redundancy, k, m) if bound.value > 1.0)


def _polygon_bound(redundancy: int, k: int) -> Bound:
    """The bound that cosine codes reach, of the code of dimension 2 that shortening leaves."""
    n = redundancy + 2
    angle = math.pi / (2 * n)
    value, form = (
        (1.0 / math.sin(angle), f"1/sin(pi/{2 * n})")
        if n % 2
        else (1.0 / math.tan(angle), f"cot(pi/{2 * n})")
    )
    source = "derived in docs/mathematics.md" + _shortened(k - 2)
    return Bound(redundancy, value, f"h_{redundancy} >= {form}", source)


def _slab_bounds(redundancy: int, k: int, m: int) -> Iterator[Bound]:
    """Bounds from the codes of dimension 2 and 3 that shortening leaves."""
    source = "John's theorem, derived in mheight.heights.lower_bounds"
    if k >= 2:
        n = redundancy + 2
        yield Bound(
            m,
            1.0 / (math.sqrt(2.0) * math.cos((m + 1) * math.pi / (2 * n))),
            f"h_{m} >= 1/(sqrt(2) cos({m + 1}pi/{2 * n}))",
            source + _shortened(k - 2),
        )
    if k >= 3:
        n = redundancy + 3
        yield Bound(
            m,
            n / (math.sqrt(3.0) * (n - m - 1)),
            f"h_{m} >= {n}/({n - m - 1} sqrt(3))",
            source + _shortened(k - 3),
        )


def _shortened(positions: int) -> str:
    return f", and by shortening {_positions(positions)}" if positions else ""


def _punctured(positions: int) -> str:
    return f"{_SHARP}, and by puncturing {_positions(positions)}" if positions else _SHARP


def _positions(count: int) -> str:
    return "1 position" if count == 1 else f"{count} positions"


def _check_code(n: int, k: int) -> None:
    if not is_integer(n) or not is_integer(k) or not 1 <= k <= n:
        raise InvalidCodeError(f"n and k must be integers with 1 <= k <= n, got n={n!r}, k={k!r}")
