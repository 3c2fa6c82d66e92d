"""Heights of codes as the service answers them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mheight.codes import LinearCode
from mheight.codes.given import KINDS, GivenMatrices
from mheight.deployment.service.replies import CodeAnswer, Profile, finite
from mheight.deployment.service.ways import Planner, fills_a_batch
from mheight.deployment.service.work import Stop
from mheight.errors import InvalidCodeError
from mheight.heights import (
    exact_certificates,
    exact_profile,
    profile_with_doubts,
)
from mheight.heights.certificate import Number
from mheight.heights.choosing import Plan
from mheight.heights.finding import find_heights, solved
from mheight.heights.profile import kernel_heights
from mheight.heights.programs.branch_and_bound import Progress
from mheight.heights.routes import lattice_solutions
from mheight.heights.solution import Solution

__all__ = [
    "NO_TIME",
    "SearchState",
    "SearchedHeight",
    "exact_search",
    "profiles",
    "search",
]

Float = NDArray[np.float64]

NO_TIME = "the time limit ended before this code was looked at"
_ROUNDED = "rounding leaves only bounds of some heights"


_BATCH_SECONDS = 0.15  # for the codes of a batch that are done alone


def profiles(shape: tuple[int, int], batch: list[GivenMatrices]) -> list[Profile]:
    """Height profiles of codes of one shape; a bad one spoils no other.

    The kernel does all codes at once, and says which ones rounding leaves in doubt.  Those
    take a thousand times as long, so they are done one by one, as long as there is time.

    Args:
        shape: (k, n), n <= 16.
        batch: codes one by one.

    Returns:
        Profiles of the first codes, at least of one.
    """
    k, n = shape
    known: list[Profile | None] = [None] * len(batch)
    if k < n:
        for kind in KINDS:
            at = [i for i, given in enumerate(batch) if given.kind == kind]
            if at and fills_a_batch(n, k, len(at)):
                for i, profile in zip(at, _by_kernel([batch[i] for i in at]), strict=True):
                    known[i] = profile
    return _in_turn(batch, known)


def _by_kernel(batch: list[GivenMatrices]) -> list[Profile | None]:
    """Profiles of codes of one kind, None where the kernel leaves them in doubt."""
    start = time.perf_counter()
    heights, doubtful = kernel_heights(GivenMatrices.joined(batch))
    seconds = (time.perf_counter() - start) / len(batch)
    # Without k independent columns every height is infinite: no code.
    alone = doubtful | np.isinf(heights).all(axis=1)
    return [None if alone[i] else Profile(row, seconds) for i, row in enumerate(heights)]


def _in_turn(batch: list[GivenMatrices], known: list[Profile | None]) -> list[Profile]:
    """Known profiles, and those of the codes that are to be done alone."""
    end = time.perf_counter() + _BATCH_SECONDS
    out: list[Profile] = []
    for given, profile in zip(batch, known, strict=True):
        if profile is None:
            if out and time.perf_counter() > end:
                break
            profile = _profile(given)
        out.append(profile)
    return out


def _profile(given: GivenMatrices) -> Profile:
    start = time.perf_counter()
    try:
        found = profile_with_doubts(given)
    except InvalidCodeError as error:
        return Profile(np.empty(0), 0.0, error=str(error))
    return Profile(found.heights, time.perf_counter() - start, found.doubts)


class SearchedHeight(NamedTuple):
    """A height that is searched for, and the bounds so far."""

    m: int
    lower: float
    upper: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"m": self.m, "lower": finite(self.lower), "upper": finite(self.upper)}


@dataclass
class SearchState:
    """What a search has come to, for who watches it from another thread.

    Attributes:
        begun: whether a thread is at it.
        found: heights so far.
        now: the height that is searched for; None before the first.
    """

    begun: bool = False
    found: tuple[Solution, ...] = ()
    now: SearchedHeight | None = None

    def progress(self, m: int) -> Progress:
        """What the search for h_m is to call."""

        def note(done: int, targets: int, lower: float, upper: float) -> None:
            self.now = SearchedHeight(m, lower, upper)

        return note


def search(
    given: GivenMatrices,
    m: int | None,
    stop: Stop,
    *,
    witness: bool,
    patience: float | None,
    unstoppable: float = math.inf,
    state: SearchState | None = None,
) -> CodeAnswer:
    """Heights of one code and, where time does not suffice, bounds.

    Args:
        given: the code, 1 <= k <= n.
        m: only this height, 1 <= m < n; None for all, where k < n.
        stop: ends the search.
        witness: whether codewords are wanted.
        patience: seconds for a code that is expected to take longer than there is time.
        unstoppable: seconds that a step may take that can't be stopped.
        state: is told of what is found.

    Raises:
        InvalidCodeError: dependent rows.
    """
    k, n = given.shape
    start = time.perf_counter()
    if m is not None and m > n - k:
        solution = solved(LinearCode.from_given(given), m)
        return CodeAnswer.of_solutions(n, k, m, [solution], time.perf_counter() - start, None)
    if not stop.left:
        return CodeAnswer.unseen(n, k, m, NO_TIME)
    state = state or SearchState()
    state.begun = True
    planner = Planner(n, k, m, stop, patience, unstoppable)
    plan = planner.plan(witness=witness)
    if plan.way == "numbers":
        found = _profile(given)
        if found.error is not None:
            raise InvalidCodeError(found.error)
        if not found.doubts:
            return CodeAnswer.of_profile((k, n), found, None, False)
        # Numbers that are in doubt are done again, with certificates.
        plan = planner.plan(witness=True)
    code = LinearCode.from_given(given)
    solutions = _solutions(code, m, plan, stop, state)
    remark = None
    if any(solution.status == "rounding" for solution in solutions):
        remark = _ROUNDED
    # Time may also end between two heights, the last of which is exact then.
    wanted = n - k if m is None else 1
    if len(solutions) < wanted or solutions[-1].status in ("time limit", "stopped"):
        remark = _bounds_text(sum(solution.is_exact for solution in solutions), wanted)
    return CodeAnswer.of_solutions(n, k, m, solutions, time.perf_counter() - start, remark)


def _bounds_text(known: int, wanted: int) -> str:
    return (
        "the search ended before the height was known; bounds are shown"
        if wanted == 1
        else f"the search ended with {known} of {wanted} heights known; bounds are shown"
    )


def _solutions(
    code: LinearCode, m: int | None, plan: Plan, stop: Stop, state: SearchState
) -> list[Solution]:
    if plan.way == "lattice":
        found = lattice_solutions(code)
        return found if m is None else [found[m - 1]]
    assert plan.way != "numbers"  # which leave no certificates
    options: dict[str, Any] = {"method": plan.way, "time_limit": plan.seconds, "stop": stop}
    if m is not None:
        return [solved(code, m, progress=state.progress(m), **options)]
    for solution in find_heights(code, progress=state.progress, **options):
        state.found = (*state.found, solution)
    return list(state.found)


def exact_search(
    given: GivenMatrices, m: int | None, stop: Stop, *, witness: bool, capability: bool
) -> CodeAnswer:
    """Heights of one code without rounding.

    Args:
        given: the code, k < n.
        m: only this height; None for all.
        stop: asked before the work, which can't be stopped.
        witness: whether codewords are wanted.
        capability: whether the outliers located and detected are wanted.

    Raises:
        InvalidCodeError: dependent rows.
    """
    k, n = given.shape
    if stop():
        return CodeAnswer.unseen(n, k, m, NO_TIME)
    start = time.perf_counter()
    G = given.generator()
    certificates = exact_certificates(G) if witness else None
    profile = exact_profile(G) if certificates is None else tuple(c.height for c in certificates)
    found: list[tuple[int, Number, Any]] = []
    for i in range(1, n - k + 1) if m is None else [m]:
        is_beyond = i > n - k
        word = None if certificates is None or is_beyond else certificates[i - 1].codeword
        found.append((i, math.inf if is_beyond else profile[i - 1], word))
    seconds = time.perf_counter() - start
    return CodeAnswer.of_fractions(n, k, seconds, found, profile if capability else None)
