"""Heights of one code with certificates: one, all at once, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mheight.codes import LinearCode
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate
from mheight.heights.choosing import (
    begins_within,
    engine_of_height,
    engine_of_rest,
    require_certificates,
    require_time,
)
from mheight.heights.doubts import warn_of
from mheight.heights.orders import height_index
from mheight.heights.programs.branch_and_bound import Progress
from mheight.heights.programs.shared import Crew
from mheight.heights.rounding.tolerance import checked_tolerance
from mheight.heights.routes import (
    Limits,
    beyond,
    lattice_solutions,
    solution_by,
    under_zero_tolerance,
)
from mheight.heights.solution import Method, Solution
from mheight.kernels.compiling import work_clock

__all__ = ["certificates", "certified", "find_height", "find_heights", "solved"]


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
    warn_of(list(dict.fromkeys(doubt for solution in found for doubt in solution.doubts)))
    return tuple(solution.certificate for solution in found)


def certified(
    G: LinearCode | ArrayLike | Sequence[Any], zero_tolerance: float | None = None
) -> list[Solution]:
    """All heights with what `certificates` returns, and the doubts that it warns of."""
    tolerance = checked_tolerance(zero_tolerance)
    code = G if isinstance(G, LinearCode) else LinearCode(G)
    if code.k == code.n:
        return []
    require_certificates(code.n)
    return under_zero_tolerance(code, lattice_solutions(code), tolerance)


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
    crew: Crew | None = None,
) -> Solution:
    """The m-height of one code with a certificate, or bounds if a limit stops the search.

    What is in doubt is among its `doubts`, and an `AccuracyWarning` says it.

    A certificate is a codeword that reaches the height, so h_m is no less: whoever doubts it
    sorts its magnitudes.  That h_m is no more takes the whole search: for every position a that
    may be the largest and every set of m-1 others that are dropped, the largest |c_a| with
    |c_j| <= 1 elsewhere is a linear program, and any information set B bounds it by
    ||inverse(G_B) g_a||_1.  Dropping a constraint that the optimum does not touch changes
    nothing, so the search branches on the k columns of the optimal B only.

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
        crew: workers that share the search (`mheight.jobs.crew`); the result is the same.

    Returns:
        A `Solution`; its `height` is the value if `is_exact`.

    Raises:
        InvalidCodeError: no code, m out of range, a method that can't do it, or a time limit
            that is over before a search of such a length begins.

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
        zero_tolerance=zero_tolerance, progress=progress, stop=stop, crew=crew,
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
    crew: Crew | None = None,
) -> Solution:
    """What `find_height` returns, without a warning: whoever asks is to pass on the doubts."""
    tolerance = checked_tolerance(zero_tolerance)
    code = G if isinstance(G, LinearCode) else LinearCode(G)
    m = height_index(m, code.n)
    for name, limit in (("time_limit", time_limit), ("node_limit", node_limit)):
        if limit is not None and not limit > 0:
            raise InvalidCodeError(f"{name} must be positive, got {limit!r}")
    engine = engine_of_height(code.n, code.k, m, method, time_limit)
    if engine == "branch-and-bound":
        require_time(code.n, code.k, time_limit)
    if m > code.n - code.k:
        solution = beyond(code, m)
    else:
        limits = Limits(time_limit, node_limit, progress, stop, crew)
        solution = solution_by(engine, code, m, limits)
    return under_zero_tolerance(code, [solution], tolerance)[0]


def find_heights(
    G: LinearCode | ArrayLike | Sequence[Any],
    *,
    method: Method = "auto",
    time_limit: float | None = None,
    zero_tolerance: float | None = None,
    progress: Callable[[int], Progress] | None = None,
    stop: Callable[[], bool] | None = None,
    crew: Crew | None = None,
) -> Iterator[Solution]:
    """Solve for h_1, h_2, ... h_{n-k} in turn, since a height costs more than those below it.

    After the first one that a limit or a request stopped nothing more comes; after the
    first infinite one the rest is known.  Nothing is warned of: what is in doubt is among
    the `doubts` of each solution.

    Args:
        G: a `LinearCode` or a generator matrix, shape (k, n), rank k, k < n.
        method: as for `find_height`.
        time_limit: seconds for all heights together, without those in which kernels are
            compiled.
        zero_tolerance: as for `height_profile`.
        progress: gives for an m the `progress` of `find_height`.
        stop: asked now and then whether to stop.
        crew: workers that share each search.

    Raises:
        InvalidCodeError: no code, or a method that can't do it.

    Examples:
        >>> [solution.height for solution in find_heights([[1, 0, 1, 1], [0, 1, 1, 2]])]
        [2.0, 3.0]
    """
    code = G if isinstance(G, LinearCode) else LinearCode(G)
    k, n = code.k, code.n
    if k == n:
        raise InvalidCodeError(f"n > k is needed, got n = k = {n}: every height is infinite")
    if time_limit is not None and not time_limit > 0:
        raise InvalidCodeError(f"time_limit must be positive, got {time_limit!r}")
    end = float("inf") if time_limit is None else work_clock() + time_limit
    tolerance = checked_tolerance(zero_tolerance)
    known: Solution | None = None
    for m in range(1, n - k + 1):
        left = end - work_clock()
        if left <= 0 or (stop is not None and stop()):
            return
        if engine_of_rest(n, k, m, method, left) == "lattice":
            yield from under_zero_tolerance(code, lattice_solutions(code)[m - 1 :], tolerance)
            return
        if known is not None and not begins_within(n, k, left):
            return
        solution = solved(
            code,
            m,
            method=method,
            time_limit=None if time_limit is None else left,
            zero_tolerance=zero_tolerance,
            progress=None if progress is None else progress(m),
            stop=stop,
            crew=crew,
        )
        if known is not None and not solution.is_exact and known.lower > solution.lower:
            # Heights rise with m, and a codeword's ratio does too.
            solution = replace(
                solution, lower=known.lower, certificate=_raised(known, m).certificate
            )
        known = solution
        yield solution
        if solution.status in ("time limit", "stopped"):
            return
        if solution.is_exact and np.isinf(solution.lower):
            yield from (_raised(solution, higher) for higher in range(m + 1, n - k + 1))
            return


def _raised(solution: Solution, m: int) -> Solution:
    """The infinite h_m for a larger m, with the same codeword."""
    known = solution.certificate
    magnitudes = np.abs(np.array(known.codeword, dtype=np.float64))
    # Largest first; of equal ones the first, as long as the target is among them.
    order = sorted(range(solution.n), key=lambda j: (j != known.target, -magnitudes[j], j))
    certificate: Certificate = replace(known, m=m, larger=tuple(sorted(order[:m])))
    return replace(solution, m=m, certificate=certificate, nodes=0, seconds=0.0)
