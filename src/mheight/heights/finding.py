"""One height of one code, with a certificate, by whichever method is cheaper."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mheight.codes import LinearCode
from mheight.codes.compiling import work_clock
from mheight.codes.conditioning import condition, reduced_generator
from mheight.codes.rationals import rational_matrix
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate, Number, rounded, verify
from mheight.heights.doubts import Doubt, DoubtKind, warn_of
from mheight.heights.exact import exact_certificates, singleton_certificate
from mheight.heights.lattice.one_code import MAX_LENGTH, packed_profile
from mheight.heights.orders import height_index
from mheight.heights.programs.branch_and_bound import Progress, branch_and_bound
from mheight.heights.programs.dives import search_programs
from mheight.heights.programs.enclosure import rounded_down, rounded_up
from mheight.heights.programs.vertices import build_certificate, integer_rows, positions
from mheight.heights.settling import condition_doubts, large_doubts, settles_exactly
from mheight.heights.solution import EXACT_TO, Method, Solution
from mheight.heights.tolerance import checked_tolerance, is_near, under_tolerance

__all__ = [
    "certificates",
    "certified",
    "find_height",
    "lattice_solutions",
    "predicted_seconds",
    "solved",
]

Float = NDArray[np.float64]

_WELL_CONDITIONED = 1e3
_LATTICE_STEP = 0.7e-9  # seconds for one of the n (n-1) 2^(n-2) minima
_LAST_DIGITS = 1e-15  # a difference, a division, and 1 subtracted from at least 2
_TARGET = 2e-5  # seconds to begin with one of the n positions
_PROGRAM = 0.5e-6  # seconds a program, whatever its size
_PIVOT_ENTRY = 10e-9  # seconds a program for each of the k n entries of its tableau


def certificates(
    G: LinearCode | ArrayLike | Sequence[Any], *, zero_tolerance: float | None = None
) -> tuple[Certificate, ...]:
    """A witness for every height of a code: the codeword that reaches it.

    Args:
        G: a `LinearCode` or a generator matrix, shape (k, n), 1 <= k < n <= 26.
        zero_tolerance: as for `height_profile`.

    Returns:
        For m = 1 ... n-k a `Certificate`; check one with `verify`, or with a few lines
        of NumPy.

    Raises:
        InvalidCodeError: no code, or too long.

    Examples:
        >>> witness = certificates([[1, 0, 1, 1], [0, 1, 1, 2]])[1]
        >>> witness.height, witness.codeword
        (3.0, (3.0, -1.0, 2.0, 1.0))
    """
    found = certified(G, zero_tolerance)
    warn_of(_all_doubts(found))
    return tuple(solution.certificate for solution in found)


def certified(
    G: LinearCode | ArrayLike | Sequence[Any], zero_tolerance: float | None = None
) -> list[Solution]:
    """All heights with what `certificates` returns, and the doubts that it warns of."""
    tolerance = checked_tolerance(zero_tolerance)
    code = G if isinstance(G, LinearCode) else LinearCode(G)
    if code.k == code.n:
        return []
    if code.n > MAX_LENGTH:
        raise InvalidCodeError(
            f"certificates of all heights need n <= {MAX_LENGTH}, got {code.n}; use find_height"
        )
    return tolerant(code, lattice_solutions(code), tolerance)


def lattice_solutions(code: LinearCode) -> list[Solution]:
    """All heights of a code by the lattice, with certificates, bounds and doubts.

    Args:
        code: 1 <= k < n <= 26.
    """
    matrix, doubts = _prepared(code)
    out: list[Solution] = []
    if matrix is code.G:
        out = _by_lattice(code, matrix, range(1, code.n - code.k + 1))
    if settles_exactly(code.n, code.k) and not (out and all(_is_sound(s, code) for s in out)):
        return _exactly(code)
    if not out:
        out = _by_lattice(code, matrix, range(1, code.n - code.k + 1))
    return [_with_doubts(solution, doubts, code) for solution in out]


def tolerant(
    code: LinearCode, solutions: list[Solution], tolerance: float | None
) -> list[Solution]:
    """Solutions with entries that count as zero; rounding does not decide which do."""
    tipping = [s.m for s in solutions if s.method != "rational" and is_near(s, tolerance)]
    if tipping and settles_exactly(code.n, code.k):
        exactly = _exactly(code)
        solutions = [exactly[s.m - 1] if s.m in tipping else s for s in solutions]
    return [under_tolerance(solution, tolerance) for solution in solutions]


def _prepared(code: LinearCode) -> tuple[Float, tuple[Doubt, ...]]:
    """A generator matrix fit for computing, and what is to be said of the given one."""
    # Columns that are all but parallel look well-conditioned once a small one is scaled.
    worst = max(condition(code.G), condition(code.G, scale_columns=False))
    lost = code.given.out_of_range()[0] or (code.is_rounded and settles_exactly(code.n, code.k))
    if worst < _WELL_CONDITIONED and not lost:
        return code.G, ()
    better = reduced_generator(code.G, code.exact_generator if code.is_rounded else None)
    doubts = () if code.given.is_meant() else condition_doubts(code.G)
    return (code.G.copy() if better is None else better), doubts


def _is_sound(solution: Solution, code: LinearCode) -> bool:
    """Whether a solution needs no rational arithmetic to be believed."""
    return solution.status != "rounding" and verify(solution.certificate, code)


def _with_doubts(solution: Solution, doubts: tuple[Doubt, ...], code: LinearCode) -> Solution:
    """The solution with what is in doubt of the matrix, and of its own certificate."""
    if not verify(solution.certificate, code):
        doubts = (Doubt(0, DoubtKind.CERTIFICATE, m=solution.m), *doubts)
    return replace(solution, doubts=doubts) if doubts else solution


def _all_doubts(solutions: Iterable[Solution]) -> list[Doubt]:
    """The doubts of several heights of one code, each once."""
    return list(dict.fromkeys(doubt for solution in solutions for doubt in solution.doubts))


def find_height(
    G: LinearCode | ArrayLike | Sequence[Any],
    m: int,
    *,
    method: Method = "auto",
    time_limit: float | None = None,
    node_limit: int | None = None,
    zero_tolerance: float | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """The m-height of one code with a certificate, or bounds if a limit stops the search.

    What is in doubt is among its `doubts`, and an `AccuracyWarning` says it.

    The lattice of minors costs about n (n-1) 2^(n-2) steps whatever m is, and needs
    n <= 26; branch and bound takes any n, and its cost grows with m like the binomial
    coefficient of k+m-2 over m-2.  "auto" takes the cheaper one.

    Args:
        G: a `LinearCode` or a generator matrix, shape (k, n), rank k.
        m: 1 <= m < n; beyond n-k every height is infinite.
        method: "auto", "lattice" or "branch-and-bound".
        time_limit: seconds, without those in which kernels are compiled; only branch and
            bound can be stopped.
        node_limit: linear programs of branch and bound.
        zero_tolerance: as for `height_profile`; the solution and its certificate say it.
        progress: called now and then with (targets done, targets, lower, upper).
        stop: asked now and then whether to stop, for example after Ctrl-C.

    Returns:
        A `Solution`; its `height` is the value if `is_exact`.

    Raises:
        InvalidCodeError: no code, m out of range, or a method that can't do it.

    Reference:
        The linear programs with m-1 constraints dropped: arXiv 2602.20366, equation 4;
        the search: Matousek, "On geometric optimization with few violated constraints",
        Discrete Comput. Geom. 14 (1995).

    Examples:
        >>> solution = find_height([[1, 0, 1, 1], [0, 1, 1, 2]], 2)
        >>> print(solution)
        h_2 = 3
    """
    solution = solved(
        G, m, method=method, time_limit=time_limit, node_limit=node_limit,
        zero_tolerance=zero_tolerance, progress=progress, stop=stop,
    )  # fmt: skip
    warn_of(solution.doubts)
    return solution


def solved(
    G: LinearCode | ArrayLike | Sequence[Any],
    m: int,
    *,
    method: Method = "auto",
    time_limit: float | None = None,
    node_limit: int | None = None,
    zero_tolerance: float | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """What `find_height` returns, without a warning: whoever asks is to pass on the doubts."""
    tolerance = checked_tolerance(zero_tolerance)
    code = G if isinstance(G, LinearCode) else LinearCode(G)
    solution = _solved(
        code, m, method=method, time_limit=time_limit, node_limit=node_limit,
        progress=progress, stop=stop,
    )  # fmt: skip
    return tolerant(code, [solution], tolerance)[0]


def _solved(
    code: LinearCode,
    m: int,
    *,
    method: Method,
    time_limit: float | None,
    node_limit: int | None,
    progress: Progress | None,
    stop: Callable[[], bool] | None,
) -> Solution:
    k, n = code.k, code.n
    m = height_index(m, n)
    for name, limit in (("time_limit", time_limit), ("node_limit", node_limit)):
        if limit is not None and not limit > 0:
            raise InvalidCodeError(f"{name} must be positive, got {limit!r}")
    if method not in ("auto", "lattice", "branch-and-bound"):
        raise InvalidCodeError(
            f"method must be 'auto', 'lattice' or 'branch-and-bound', got {method!r}"
        )
    if m > n - k:
        return _beyond(code, m)
    if method == "auto":
        lattice = predicted_seconds(n, k, m, "lattice")
        search = predicted_seconds(n, k, m, "branch-and-bound")
        too_long = time_limit is not None and lattice > time_limit
        method = "branch-and-bound" if search < lattice or too_long else "lattice"
    if method == "lattice" and n > MAX_LENGTH:
        raise InvalidCodeError(
            f"the lattice needs n <= {MAX_LENGTH}, got {n}; use method='branch-and-bound'"
        )
    matrix, doubts = _prepared(code)
    short = settles_exactly(n, k)
    if short and matrix is not code.G:
        return _exactly(code)[m - 1]
    if method == "lattice":
        solution = _by_lattice(code, matrix, [m])[0]
    else:
        solution = branch_and_bound(
            code.G, m, exact=code.exact_generator if code.is_rounded else None, better=matrix,
            time_limit=time_limit, node_limit=node_limit, progress=progress, stop=stop,
        )  # fmt: skip
    if short and not _is_sound(solution, code):
        return _exactly(code)[m - 1]
    return _with_doubts(solution, doubts, code)


def predicted_seconds(n: int, k: int, m: int, method: Method) -> float:
    """About how long a method takes for one height, on a machine like those of the docs.

    Args:
        n: length.
        k: dimension.
        m: index of the height.
        method: "lattice" (infinite beyond its reach) or "branch-and-bound".
    """
    if method == "lattice":
        return _LATTICE_STEP * n * (n - 1) * 2.0 ** (n - 2) if n <= MAX_LENGTH else float("inf")
    return _TARGET * n + (_PROGRAM + _PIVOT_ENTRY * k * n) * search_programs(k, n, m - 1)


def _exactly(code: LinearCode) -> list[Solution]:
    """All heights by rational arithmetic, from the entries as they are."""
    start = work_clock()
    found = exact_certificates(code)
    seconds = (work_clock() - start) / len(found)
    doubts: tuple[Doubt, ...] = ()
    if not code.given.is_meant():
        exact = np.array([rounded(c.height) for c in found])
        doubts = large_doubts(exact, exact) or condition_doubts(code.G)
    return [
        Solution(
            n=code.n, k=code.k, m=c.m, lower=_below(c.height), upper=_above(c.height),
            status="exact", certificate=c, method="rational", nodes=0, seconds=seconds,
            doubts=tuple(doubt for doubt in doubts if doubt.concerns(c.m)),
        )
        for c in found
    ]  # fmt: skip


def _beyond(code: LinearCode, m: int) -> Solution:
    """An infinite h_m, m > n-k."""
    start = work_clock()
    certificate = singleton_certificate(code, m)
    return Solution(
        n=code.n, k=code.k, m=m, lower=math.inf, upper=math.inf, status="exact",
        certificate=certificate, method="rational", nodes=0, seconds=work_clock() - start,
    )  # fmt: skip


def _below(height: Number) -> float:
    return rounded_down(height) if isinstance(height, Fraction) else height


def _above(height: Number) -> float:
    return rounded_up(height) if isinstance(height, Fraction) else height


def _by_lattice(code: LinearCode, G: Float, orders: Iterable[int]) -> list[Solution]:
    """Heights by the minors of G, a matrix of the code; certificates are for the code's own."""
    start = work_clock()
    k, n = G.shape
    # Minors of the H that was given are sharper than those of a G rounded from it.
    is_check = code.is_rounded and code.given.is_check
    matrix = code.given.expanded[0] if is_check else G
    result = packed_profile(matrix, is_check=is_check)
    above = packed_profile(matrix, is_check=is_check, witnesses=False, upwards=True).heights
    rows = integer_rows(rational_matrix(code))
    out = []
    for m in orders:
        at = m - 1
        certificate = build_certificate(
            G, m, int(result.targets[at]), positions(result.kept[at]),
            positions(result.bases[at]), rows,
        )  # fmt: skip
        lower = float(certificate.height)
        upper = max(lower, float(above[at]) * (1.0 + _LAST_DIGITS))
        proved = bool(np.isinf(lower)) or upper - lower <= EXACT_TO * lower
        out.append(
            Solution(
                n=n, k=k, m=m, lower=lower, upper=upper, status="exact" if proved else "rounding",
                certificate=certificate, method="lattice", nodes=0,
                seconds=work_clock() - start,
            )
        )  # fmt: skip
    return out
