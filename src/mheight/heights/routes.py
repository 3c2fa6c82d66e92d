"""Each way to the heights of one code, with certificates, bounds and doubts.

Whatever the way, the result is sound: a certificate that floats can't confirm is done again in
fractions where that is possible, and else is said to be in doubt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode
from mheight.codes.algebra.conditioning import condition, reduced_generator
from mheight.codes.rationals import rational_matrix
from mheight.heights.certificate import Number, rounded, verify
from mheight.heights.choosing import Engine, settles_exactly
from mheight.heights.doubts import Doubt, DoubtKind
from mheight.heights.exact import exact_certificates, singleton_certificate
from mheight.heights.lattice.one_code import packed_profile
from mheight.heights.programs.branch_and_bound import Progress, branch_and_bound
from mheight.heights.programs.enclosure import rounded_down, rounded_up
from mheight.heights.programs.shared import Crew
from mheight.heights.programs.vertices import build_certificate, integer_rows, positions
from mheight.heights.rounding.settling import condition_doubts, large_doubts
from mheight.heights.rounding.tolerance import is_near, under_tolerance
from mheight.heights.solution import EXACT_TO, Solution
from mheight.kernels.compiling import work_clock

__all__ = ["Limits", "beyond", "lattice_solutions", "solution_by", "under_zero_tolerance"]

Float = NDArray[np.float64]

_WELL_CONDITIONED = 1e3
_LAST_DIGITS = 1e-15  # a difference, a division, and 1 subtracted from at least 2


@dataclass(frozen=True)
class Limits:
    """What stops a search, and who is told of it; only branch and bound can be stopped.

    Attributes:
        seconds: without those in which kernels are compiled; None for no limit.
        nodes: linear programs; None for no limit.
        progress: called now and then with (targets done, targets, lower, upper).
        stop: asked now and then whether to stop.
        crew: workers that share a search; None for this process alone.
    """

    seconds: float | None = None
    nodes: int | None = None
    progress: Progress | None = None
    stop: Callable[[], bool] | None = None
    crew: Crew | None = None


def lattice_solutions(code: LinearCode) -> list[Solution]:
    """All heights of a code by the lattice; in fractions where floats do not suffice.

    Args:
        code: 1 <= k < n <= 26.
    """
    matrix, doubts = _prepared(code)
    in_fractions = settles_exactly(code.n, code.k)
    if in_fractions and matrix is not code.G:
        return _in_fractions(code)
    found = _by_lattice(code, matrix, range(1, code.n - code.k + 1))
    verified = [verify(solution.certificate, code) for solution in found]
    if in_fractions and not all(map(_is_sound, found, verified)):
        return _in_fractions(code)
    return [_with_doubts(*pair, doubts) for pair in zip(found, verified, strict=True)]


def solution_by(engine: Engine, code: LinearCode, m: int, limits: Limits) -> Solution:
    """h_m of a code by one engine; in fractions where floats do not suffice.

    Args:
        engine: which can do it.
        code: 1 <= k < n.
        m: 1 <= m <= n-k.
        limits: of the search.
    """
    matrix, doubts = _prepared(code)
    in_fractions = settles_exactly(code.n, code.k)
    if in_fractions and matrix is not code.G:
        return _in_fractions(code)[m - 1]
    if engine == "lattice":
        solution = _by_lattice(code, matrix, [m])[0]
    else:
        solution = branch_and_bound(
            code.G, m, exact=code.exact_generator if code.is_rounded else None, better=matrix,
            time_limit=limits.seconds, node_limit=limits.nodes,
            progress=limits.progress, stop=limits.stop, crew=limits.crew,
        )  # fmt: skip
    verified = verify(solution.certificate, code)
    if in_fractions and not _is_sound(solution, verified):
        return _in_fractions(code)[m - 1]
    return _with_doubts(solution, verified, doubts)


def beyond(code: LinearCode, m: int) -> Solution:
    """An infinite h_m, m > n-k."""
    start = work_clock()
    certificate = singleton_certificate(code, m)
    return Solution(
        n=code.n, k=code.k, m=m, lower=math.inf, upper=math.inf, status="exact",
        certificate=certificate, method="rational", nodes=0, seconds=work_clock() - start,
    )  # fmt: skip


def under_zero_tolerance(
    code: LinearCode, solutions: list[Solution], tolerance: float | None
) -> list[Solution]:
    """Solutions with entries that count as zero; rounding does not decide which do."""
    tipping = [s.m for s in solutions if s.method != "rational" and is_near(s, tolerance)]
    if tipping and settles_exactly(code.n, code.k):
        exactly = _in_fractions(code)
        solutions = [exactly[s.m - 1] if s.m in tipping else s for s in solutions]
    return [under_tolerance(solution, tolerance) for solution in solutions]


# --- before and after --------------------------------------------------------------------


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


def _is_sound(solution: Solution, verified: bool) -> bool:
    """Whether a solution needs no fractions to be believed."""
    return verified and solution.status != "rounding"


def _with_doubts(solution: Solution, verified: bool, doubts: tuple[Doubt, ...]) -> Solution:
    """The solution with what is in doubt of the matrix, and of its own certificate."""
    if not verified:
        doubts = (Doubt(0, DoubtKind.CERTIFICATE, m=solution.m), *doubts)
    return replace(solution, doubts=doubts) if doubts else solution


# --- engines -----------------------------------------------------------------------------


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


def _in_fractions(code: LinearCode) -> list[Solution]:
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


def _below(height: Number) -> float:
    return rounded_down(height) if isinstance(height, Fraction) else height


def _above(height: Number) -> float:
    return rounded_up(height) if isinstance(height, Fraction) else height
