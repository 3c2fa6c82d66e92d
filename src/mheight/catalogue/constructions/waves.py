"""Codes of cosines and sines: real cyclic, negacyclic and other abelian codes, polygons."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from mheight.catalogue.chains import Chain
from mheight.catalogue.exact_code import ExactCode
from mheight.errors import InvalidCodeError

__all__ = [
    "abelian",
    "conjugate_pairs",
    "cyclic",
    "negacyclic",
    "polygon",
    "polygon_dual",
    "polygon_dual_height",
    "polygon_height",
]


def abelian(
    shape: Sequence[int], frequencies: Sequence[Sequence[int]], *, twist: Sequence[int] = ()
) -> ExactCode:
    """The code that some frequencies span, of words indexed by a product of cyclic groups.

    A frequency f gives the rows cos(2 pi t) and sin(2 pi t), t = sum (f_i + e_i/2) x_i / n_i at
    the position x; only the first where it equals its conjugate -f, since the sine is 0.  A
    shift by x_i of a word of the code is in the code again, where axis i is twisted up to the
    sign of what wraps around.

    Args:
        shape: the orders n_i of the groups; the length is their product.
        frequencies: each one number for an axis, 0 <= f_i < n_i; no two of them equal or
            conjugate.
        twist: e_i, 0 or 1 for an axis: 1 makes that axis negacyclic.

    Raises:
        InvalidCodeError: numbers out of range; a frequency twice; as many rows as positions.

    Examples:
        >>> abelian([2, 2, 2, 2], [[0, 0, 0, 1], [1, 1, 0, 0]])
        ExactCode([16, 2])
    """
    shape, twist = list(shape), list(twist) or [0] * len(shape)
    frequencies = [list(f) for f in frequencies]
    if not shape or any(n < 1 for n in shape) or len(twist) != len(shape):
        raise InvalidCodeError(f"shape {shape} and twist {twist} must be positive and match")
    if any(e not in (0, 1) for e in twist):
        raise InvalidCodeError(f"a twist is 0 or 1 for each axis, got {twist}")
    rows: list[list[str]] = []
    seen: set[tuple[int, ...]] = set()
    positions = list(product(*(range(n) for n in shape)))
    for f in frequencies:
        if len(f) != len(shape) or any(not 0 <= x < n for x, n in zip(f, shape, strict=True)):
            raise InvalidCodeError(f"a frequency must be in the range of shape {shape}, got {f}")
        conjugate = _conjugate(f, shape, twist)
        if tuple(f) in seen or conjugate in seen:
            raise InvalidCodeError(f"the frequency {f} or its conjugate is given twice")
        seen.add(tuple(f))
        steps = [Fraction(2 * x + e, n) for x, e, n in zip(f, twist, shape, strict=True)]
        angles = [sum((s * x for s, x in zip(steps, at, strict=True)), Fraction(0)) % 2
                  for at in positions]  # fmt: skip
        rows.append([_wave("cos", angle) for angle in angles])
        if conjugate != tuple(f):
            rows.append([_wave("sin", angle) for angle in angles])
    if not 1 <= len(rows) <= len(positions):
        raise InvalidCodeError(f"{len(frequencies)} frequencies give {len(rows)} rows")
    chain = Chain.made("abelian", shape=shape, frequencies=frequencies, twist=twist)
    return ExactCode(rows, chain)


def _conjugate(f: Sequence[int], shape: Sequence[int], twist: Sequence[int]) -> tuple[int, ...]:
    return tuple((-x - e) % n for x, e, n in zip(f, twist, shape, strict=True))


def conjugate_pairs(shape: Sequence[int], twist: Sequence[int]) -> list[tuple[list[int], int]]:
    """One frequency of each conjugate pair, and how many rows it gives."""
    out, seen = [], set[tuple[int, ...]]()
    for f in product(*(range(n) for n in shape)):
        conjugate = _conjugate(f, shape, twist)
        if conjugate not in seen:
            seen.add(f)
            out.append((list(f), 1 if conjugate == f else 2))
    return out


def _wave(name: str, turns: Fraction) -> str:
    """The cosine or sine of `turns` times pi, 0 <= turns < 2, as short as can be."""
    if name == "sin":
        turns = (Fraction(1, 2) - turns) % 2
    if turns > 1:
        turns = 2 - turns
    sign = ""
    if turns > Fraction(1, 2):
        sign, turns = "-", 1 - turns
    known = {Fraction(0): "1", Fraction(1, 2): "0", Fraction(1, 3): "1/2",
             Fraction(1, 4): "sqrt(2)/2", Fraction(1, 6): "sqrt(3)/2",
             Fraction(1, 5): "(1+sqrt(5))/4", Fraction(2, 5): "(sqrt(5)-1)/4"}  # fmt: skip
    text = known.get(turns) or f"cos({_multiple(turns)})"
    return text if text == "0" else sign + text


def _multiple(turns: Fraction) -> str:
    times = "pi" if turns.numerator == 1 else f"{turns.numerator}*pi"
    return times if turns.denominator == 1 else f"{times}/{turns.denominator}"


def cyclic(n: int, frequencies: Sequence[int]) -> ExactCode:
    """The real cyclic code of length n with some frequencies f, 0 <= f <= n/2.

    Rows cos(2 pi f j/n), and sin(2 pi f j/n) for 0 < f < n/2.  With consecutive frequencies
    from 0 on it is the real BCH code, which is MDS: h_m is finite for m <= n-k.

    Examples:
        >>> cyclic(7, [0, 1])
        ExactCode([7, 3])
    """
    return abelian([n], [[f] for f in frequencies])


def negacyclic(n: int, frequencies: Sequence[int]) -> ExactCode:
    """The real negacyclic code of length n with odd frequencies 2f+1, 0 <= f <= (n-1)/2.

    Rows cos((2f+1) pi j/n) and sin((2f+1) pi j/n); only the first for 2f+1 = n.

    Examples:
        >>> negacyclic(9, [0, 1])
        ExactCode([9, 4])
    """
    return abelian([n], [[f] for f in frequencies], twist=[1])


def polygon(n: int) -> ExactCode:
    """The [n, 2] code with generator columns (cos j pi/n, sin j pi/n): n axes of a 2n-gon."""
    return _named(negacyclic(n, [0]), "polygon", n)


def polygon_dual(n: int) -> ExactCode:
    """The [n, n-2] code dual to `polygon`: all negacyclic frequencies but the first."""
    if n < 3:
        raise InvalidCodeError(f"the dual of a polygon needs n >= 3, got {n}")
    return _named(negacyclic(n, range(1, (n + 1) // 2)), "polygon_dual", n)


def _named(code: ExactCode, name: str, n: int) -> ExactCode:
    return ExactCode(code.rows, Chain.made(name, n=n))


def polygon_height(n: int, m: int) -> str:
    """h_m of `polygon` in closed form, 1 <= m <= n-2.

    For odd m, 1/cos((m+1) pi/2n); for even m, cos(pi/2n)/cos((m+1) pi/2n).  Proof: a codeword
    is c_j = cos(x - j pi/n) up to a factor; the m+1 largest magnitudes are those at the axes
    nearest to x.  For odd m the ratio is largest with x on an axis, |c|(0) = 1; the (m+1)-th
    nearest is (m+1)/2 axes away.  For even m it is largest half-way between two axes, with the
    nearest pi/2n away and the (m+1)-th nearest (m+1)/2 axes.
    """
    if not 1 <= m <= n - 2:
        raise InvalidCodeError(f"m must be in 1..n-2 = 1..{n - 2}, got {m}")
    top = "1" if m % 2 else f"cos(pi/{2 * n})"
    return f"{top}/cos({m + 1}*pi/{2 * n})"


def polygon_dual_height(n: int, m: int) -> str:
    """h_1 or h_2 of `polygon_dual` in closed form [arXiv 2606.03011].

    h_1 = cot(pi/2n) - 1 for even n, 1/sin(pi/2n) - 1 for odd n; h_2 = 1/(2 sin^2(pi/2n)) - 1,
    the least of any [n, n-2] code.
    """
    if m not in (1, 2):
        raise InvalidCodeError(f"m must be 1 or 2, got {m}")
    if m == 2:
        return f"1/(2*sin(pi/{2 * n})^2)-1"
    top = "1" if n % 2 else f"cos(pi/{2 * n})"
    return f"{top}/sin(pi/{2 * n})-1"
