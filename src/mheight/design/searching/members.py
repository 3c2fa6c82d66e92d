"""The portfolio: each member makes a candidate from a task, a source of randomness and a pool.

All of them are functions of their arguments alone, and their work is counted in steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mheight.design.searching.annealing import CHAINS, anneal
from mheight.design.searching.charts import Chart, around, check_matrix, systematic_chart
from mheight.design.searching.evolution import evolve
from mheight.design.searching.kernel import ZERO, HeightProgram, height_program, heights
from mheight.design.searching.polishing import polish
from mheight.design.searching.symmetric import invariant_chart, tied_chart

__all__ = ["MEMBERS", "Candidate", "Member", "Task", "members_for"]

Float = NDArray[np.float64]

_BETTER = 1.0 - 1e-9
_MOST_POLISHED = 8  # of the codes that were given
_PROMISING = 1.3  # times the best height: worth polishing in full
_CAPS = (1, 2, 2, 3, 4, 5, 6, 8, 10)
_CAPS_WITHOUT_ZERO = (3, 3, 4, 4, 5, 6, 7, 8, 10, 13)  # m = n-k needs all minors


@dataclass(frozen=True, eq=False)
class Candidate:
    """A code on the way: its height by the kernel, its matrix, where it comes from.

    Attributes:
        height: of m, infinite perhaps.
        matrix: as the task's program takes it: G, or H where that has fewer rows.
        method: members of the portfolio, joined by `+`.
    """

    height: float
    matrix: Float
    method: str


@dataclass(frozen=True)
class Task:
    """What is sought: an [n, k] code with a small h_m.

    Attributes:
        n: length.
        k: dimension.
        m: index of the height.
        entries: "real" or "integer" (P of G = [I | P]).
        bound: the largest magnitude in P where entries are integers.
        starts: matrices G to begin with.
    """

    n: int
    k: int
    m: int
    entries: str = "real"
    bound: int | None = 100
    starts: tuple[Float, ...] = field(default=(), compare=False)

    @cached_property
    def program(self) -> HeightProgram:
        """The kernel's program."""
        return height_program(self.n, self.k, self.m)

    @cached_property
    def systematic(self) -> Chart:
        """The chart of all [I | P]."""
        return systematic_chart(self.n, self.k, self.program.is_check)

    @property
    def is_last(self) -> bool:
        """Whether m = n-k, so that all minors must be nonzero."""
        return self.m == self.n - self.k

    @cached_property
    def scale(self) -> float:
        """Work of a member beside its usual one, so that a round of long codes ends."""
        size = 2.0**self.n * self.n * (0.2 if self.is_last else 1.0)
        return float(np.clip(3e4 / size, 0.02, 1.0))

    def form(self, G: Float) -> Float:
        """A generator matrix as the program takes it."""
        return check_matrix(G) if self.program.is_check else G

    def candidate(self, matrix: Float, method: str) -> Candidate:
        """A candidate with its height."""
        zero = 0.0 if self.entries == "integer" else ZERO
        return Candidate(float(heights(self.program, matrix[None], zero)[0]), matrix, method)

    def times(self, count: float) -> int:
        """So many, or fewer where codes are long."""
        return max(1, round(count * self.scale))


Pool = Sequence[Candidate]
Member = Callable[[Task, np.random.Generator, Pool], Candidate | None]


def _best(found: list[Candidate]) -> Candidate | None:
    return min(found, key=lambda one: one.height, default=None)


def _polished(task: Task, candidate: Candidate, radius: float = 0.05) -> Candidate:
    """Polished among all codes."""
    chart = around(candidate.matrix)
    height, x, _ = polish(task.program, chart, np.zeros(chart.d), radius=radius)
    if not height < candidate.height:
        return candidate
    method = candidate.method
    return Candidate(
        height, chart.at(x), method if method.endswith("polish") else f"{method}+polish"
    )


def by_closure(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """The codes that were given, which other tables and rules make, polished."""
    found = [task.candidate(task.form(G), "start") for G in task.starts]
    if task.entries == "real":
        # Of equal heights one: they are mostly one code in several forms.
        several = {round(one.height, 6): one for one in found if np.isfinite(one.height)}
        found += [_polished(task, several[height]) for height in sorted(several)[:_MOST_POLISHED]]
    return _best(found)


def by_polishing(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """Random codes, each polished."""
    found = []
    for _ in range(task.times(12)):
        matrix = rng.normal(size=(task.program.rows, task.n))
        found.append(_polished(task, task.candidate(matrix, "random"), radius=0.1))
    return _best(found)


def by_evolution(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """CMA-ES among all codes, then polishing."""
    chart = task.systematic
    # Many codes a generation see more of the landscape and cost more; none is best always.
    population = int(rng.choice([32, 128, 128, 256])) if task.scale > 0.3 else 32
    _, x, _ = evolve(
        task.program, chart, rng.normal(size=chart.d), rng, sigma=0.7, population=population,
        generations=task.times(1200), patience=60,
    )  # fmt: skip
    return _polished(task, task.candidate(chart.at(x), "cma"))


def by_symmetry(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """The same among the codes of random groups, then polishing among all codes.

    Each group gets a short try, the best two of them some more.
    """
    best = pool[0].height if pool else np.inf
    tried: list[tuple[float, int, Chart]] = []
    found: list[Candidate] = []
    most = max(4, task.k * (task.n - task.k) // 2)

    def attempt(chart: Chart, *, generations: int, patience: int) -> None:
        x = rng.normal(size=chart.d) * 0.5
        if chart.d:
            population = 16 if chart.d <= 4 else 32
            _, x, _ = evolve(
                task.program, chart, x, rng, population=population, generations=generations,
                patience=patience,
            )  # fmt: skip
            _, x, _ = polish(task.program, chart, x, radius=0.02)
        candidate = task.candidate(chart.at(x), "symmetric")
        if chart.d:
            tried.append((candidate.height, len(tried), chart))
        limit = min([best, *(one.height for one in found)])
        if candidate.height < _PROMISING * limit:
            found.append(_polished(task, candidate))

    for _ in range(task.times(16)):
        met = invariant_chart(task.n, task.program.rows, rng, most=most)
        if met is not None:
            attempt(met[0], generations=task.times(250), patience=20)
    for height, _, chart in sorted(tried, key=lambda one: one[:2])[:2]:
        if np.isfinite(height) and chart.d > 1:
            for _ in range(4):
                attempt(chart, generations=task.times(500), patience=30)
    return _best(found)


def by_hopping(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """Basin hopping: a good code, disturbed and polished again and again."""
    if not pool:
        return None
    best = pool[int(rng.integers(len(pool)))]
    for _ in range(task.times(15)):
        chart = around(best.matrix)
        x = rng.normal(size=chart.d) * 10.0 ** rng.uniform(-2.0, -0.3)
        if rng.random() < 0.5:
            x *= rng.random(chart.d) < 0.3
        height, x, _ = polish(task.program, chart, x)
        if height < best.height * _BETTER:
            best = Candidate(height, chart.at(x), f"{best.method.removesuffix('+hop')}+hop")
    return best


def _levels(cap: int, bound: int | None) -> Float:
    cap = cap if bound is None else min(cap, bound)
    return np.arange(-cap, cap + 1.0)


def _caps(task: Task) -> tuple[int, ...]:
    return _CAPS_WITHOUT_ZERO if task.is_last else _CAPS


def _annealed(
    task: Task, chart: Chart, levels: Float, rng: np.random.Generator, steps: int, method: str
) -> Candidate:
    x = rng.choice(levels, (CHAINS, chart.d))
    found, ends = anneal(task.program, chart, levels, x, rng, steps=steps)
    at = int(found.argmin())
    return Candidate(float(found[at]), chart.at(ends[at]), method)


def by_annealing(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """Annealing over all matrices P of small integers."""
    found = []
    for _ in range(2):
        levels = _levels(int(rng.choice(_caps(task))), task.bound)
        found.append(_annealed(task, task.systematic, levels, rng, task.times(4000), "anneal"))
    return _best(found)


def by_tied_annealing(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """Annealing over integer matrices P whose entries a random symmetry ties together.

    Each symmetry gets a short try, the best few of them a long one.
    """
    tried: list[tuple[Candidate, Chart, Float, int]] = []
    for _ in range(task.times(40)):
        chart = tied_chart(task.n, task.k, task.program.is_check, rng, zeros=not task.is_last)
        if chart is not None:
            levels = _levels(int(rng.choice(_caps(task))), task.bound)
            steps = max(40, round(60 * chart.d * max(task.scale, 0.3)))
            found = _annealed(task, chart, levels, rng, steps, "tied")
            tried.append((found, chart, levels, steps))
    tried.sort(key=lambda one: one[0].height)
    again = [
        _annealed(task, chart, levels, rng, 8 * steps, "tied")
        for _, chart, levels, steps in tried[:4]
    ]
    return _best([*again, *(one[0] for one in tried[:1])])


def by_repair(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """Annealing from a good integer matrix, little heated."""
    if not pool:
        return None
    start = pool[int(rng.integers(len(pool)))]
    x = _coordinates(task, start.matrix)
    reach = int(np.abs(x).max())
    levels = _levels(max(reach + int(rng.integers(-1, 4)), 1), task.bound)
    found, ends = anneal(
        task.program, task.systematic, levels, np.tile(x, (CHAINS, 1)), rng,
        steps=task.times(5000), hot=10.0 ** rng.uniform(-2.0, -0.7), cold=0.008,
    )  # fmt: skip
    at = int(found.argmin())
    method = f"{start.method.removesuffix('+repair')}+repair"
    return Candidate(float(found[at]), task.systematic.at(ends[at]), method)


def _coordinates(task: Task, matrix: Float) -> Float:
    """The entries of P, row by row, of a matrix in systematic form."""
    k = task.k
    return np.asarray((-matrix[:, :k].T if task.program.is_check else matrix[:, k:]).ravel())


def by_rounding(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """A real code, in a form whose P has large entries, rounded to integers and repaired."""
    real = Task(task.n, task.k, task.m)
    member = by_symmetry if rng.random() < 0.6 else by_polishing
    found = member(real, rng, ())
    if found is None or not np.isfinite(found.height):
        return None
    G = check_matrix(found.matrix) if task.program.is_check else found.matrix
    best: Candidate | None = None
    for _ in range(6):
        order = rng.permutation(task.n)
        square = G[:, order[: task.k]]
        if np.linalg.cond(square) > 1e6:
            continue
        P = np.linalg.solve(square, G[:, order[task.k :]])
        # Rows and columns of G can't be scaled, so P is as large as its information set says.
        size = float(np.median(np.abs(P)))
        cap = int(min(max(np.abs(P).max(), 2.0), task.bound or 100))
        x = np.clip(np.rint(P), -cap, cap).ravel()
        if size < 0.5:
            continue
        heights_, ends = anneal(
            task.program, task.systematic, _levels(cap, task.bound), np.tile(x, (CHAINS, 1)), rng,
            steps=task.times(2000), hot=0.08, cold=0.01,
        )  # fmt: skip
        at = int(heights_.argmin())
        one = Candidate(float(heights_[at]), task.systematic.at(ends[at]), "round+repair")
        if best is None or one.height < best.height:
            best = one
    return best


def by_integers(task: Task, rng: np.random.Generator, pool: Pool) -> Candidate | None:
    """Small integers with a random symmetry, then polished as real codes."""
    whole = Task(task.n, task.k, task.m, "integer", None)
    found = by_tied_annealing(whole, rng, pool)
    if found is None or not np.isfinite(found.height):
        return None
    return _polished(task, found)


MEMBERS: dict[str, Member] = {
    "closure": by_closure,
    "polish": by_polishing,
    "cma": by_evolution,
    "symmetric": by_symmetry,
    "hop": by_hopping,
    "anneal": by_annealing,
    "tied": by_tied_annealing,
    "repair": by_repair,
    "round": by_rounding,
    "integers": by_integers,
}
"""Members of the portfolio by name."""


def members_for(task: Task) -> tuple[str, ...]:
    """The members that take turns, round by round, as often as they are named."""
    if task.entries == "integer":
        return ("tied", "anneal", "tied", "repair", "tied", "round", "tied", "repair")
    if task.is_last and task.n > 9:
        return ("symmetric", "hop", "symmetric", "symmetric", "integers", "cma", "symmetric", "hop")
    if task.is_last:
        return ("cma", "symmetric", "cma", "hop", "cma", "integers")
    return ("symmetric", "integers", "polish", "symmetric", "cma", "hop")
