"""Heights of one code from h_1 upwards, for as long as there is time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mheight.codes import LinearCode
from mheight.codes.compiling import work_clock
from mheight.errors import InvalidCodeError
from mheight.heights.certificate import Certificate
from mheight.heights.finding import lattice_solutions, predicted_seconds, solved, tolerant
from mheight.heights.lattice.one_code import MAX_LENGTH
from mheight.heights.programs.branch_and_bound import Progress
from mheight.heights.solution import Method, Solution
from mheight.heights.tolerance import checked_tolerance

__all__ = ["find_heights"]


def find_heights(
    G: LinearCode | ArrayLike | Sequence[Any],
    *,
    method: Method = "auto",
    time_limit: float | None = None,
    zero_tolerance: float | None = None,
    progress: Callable[[int], Progress] | None = None,
    stop: Callable[[], bool] | None = None,
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
        if method == "auto" and _lattice_is_better(n, k, m, left):
            yield from tolerant(code, lattice_solutions(code)[m - 1 :], tolerance)
            return
        solution = solved(
            code,
            m,
            method=method,
            time_limit=None if time_limit is None else left,
            zero_tolerance=zero_tolerance,
            progress=None if progress is None else progress(m),
            stop=stop,
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


def _lattice_is_better(n: int, k: int, m: int, left: float) -> bool:
    """Whether one lattice for all remaining heights beats a search for the next one."""
    lattice = predicted_seconds(n, k, m, "lattice")
    return n <= MAX_LENGTH and lattice < left and lattice <= predicted_seconds(
        n, k, m, "branch-and-bound"
    )  # fmt: skip


def _raised(solution: Solution, m: int) -> Solution:
    """The infinite h_m for a larger m, with the same codeword."""
    known = solution.certificate
    magnitudes = np.abs(np.array(known.codeword, dtype=np.float64))
    # Largest first; of equal ones the first, as long as the target is among them.
    order = sorted(range(solution.n), key=lambda j: (j != known.target, -magnitudes[j], j))
    certificate: Certificate = replace(known, m=m, larger=tuple(sorted(order[:m])))
    return replace(solution, m=m, certificate=certificate, nodes=0, seconds=0.0)
