"""The closure: every rule, applied to every code that is best for some (n, k, m), until none helps.

Heights are compared in floats while the table grows; what is written is certified afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mheight.catalogue.chains import Chain
from mheight.catalogue.entries import KINDS, CodeRecord, Entry, Key
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.integer_forms import integer_form
from mheight.catalogue.rules import (
    direct_sum,
    product,
    puncture,
    repeat,
    repeat_column,
    shorten,
    subcode,
    zero_column,
)
from mheight.codes.given import given_matrices
from mheight.heights.profile import kernel_heights

__all__ = ["BETTER", "BestCodes", "Candidate", "heights_of"]

Float = NDArray[np.float64]

BETTER = 1e-9
"""A height must be this much smaller, relatively, to take the place of another."""


def heights_of(matrices: Float) -> Float:
    """Height profiles of generator matrices, shape (N, k, n), by the kernel; doubts are left."""
    if not len(matrices):
        return np.empty((0, matrices.shape[2] - matrices.shape[1]))
    with np.errstate(all="ignore"):
        heights, _ = kernel_heights(given_matrices(matrices, "G", (3,)), None)
    return np.where(np.isnan(heights) | (heights < 1.0 - 1e-9), np.inf, heights)


@dataclass(frozen=True)
class Candidate:
    """A code with its heights in floats.

    Attributes:
        code: the code.
        heights: h_1 ... h_{n-k}.
        finder: who or what found it.
        reached: "construction", "closure", "search" or "submission".
    """

    code: ExactCode
    heights: tuple[float, ...]
    finder: str
    reached: str


@dataclass
class BestCodes:
    """The best candidates for each (n, k, m, kind), n up to a longest.

    Attributes:
        longest: codes beyond this length are left out.
        best: the candidates.
        reached: in which ways each height was reached, to 1e-9.
        ancestors: every code that was ever best, by name: chains refer to them.
        records: codes that are known from a catalogue.
    """

    longest: int = 16
    best: dict[Key, Candidate] = field(default_factory=dict)
    reached: dict[Key, set[str]] = field(default_factory=dict)
    ancestors: dict[str, Candidate] = field(default_factory=dict)
    records: dict[str, CodeRecord] = field(default_factory=dict)
    _waiting: dict[str, Candidate] = field(default_factory=dict)

    def offer(self, code: ExactCode, finder: str, reached: str,
              heights: Sequence[float] | None = None) -> list[Key]:  # fmt: skip
        """Take a code where it is the best, as an integer code too if it has such a form.

        Returns:
            The (n, k, m, kind) whose height became smaller.
        """
        if not 1 <= code.k < code.n <= self.longest:
            return []
        if heights is None:
            heights = heights_of(code.floats()[None])[0].tolist()
        candidate = Candidate(code, tuple(heights), finder, reached)
        better = self._take(candidate, "real")
        if code.is_rational and self.promises(code.n, code.k, candidate.heights, ("integer",)):
            form = integer_form(code)
            if form is not None:
                chain = code.chain
                if form != [list(row) for row in code.rows]:
                    chain = Chain.by_rule("integer_form", [Chain.of_code(code.name)])
                whole = ExactCode(form, chain)
                self.ancestors.setdefault(code.name, candidate)
                better += self._take(Candidate(whole, tuple(heights), finder, reached), "integer")
        return better

    def known(self, n: int, k: int, m: int, kind: str) -> float:
        """The height of the best code; infinite where there is none."""
        held = self.best.get((n, k, m, kind))
        return float("inf") if held is None else held.heights[m - 1]

    def _order(self, candidate: Candidate, m: int, kind: str) -> int:
        """-1 if the candidate is to take the place, else 1."""
        code, h = candidate.code, candidate.heights[m - 1]
        held = self.best.get((code.n, code.k, m, kind))
        if held is None:
            return -1
        known = held.heights[m - 1]
        if h < known * (1 - BETTER):
            return -1
        if h <= known * (1 + BETTER) and plainness(code) < plainness(held.code):
            return -1
        return 1

    def _take(self, candidate: Candidate, kind: str) -> list[Key]:
        code, better = candidate.code, []
        for m, h in enumerate(candidate.heights, 1):
            if not np.isfinite(h):
                break
            key = (code.n, code.k, m, kind)
            known = self.known(*key)
            if abs(h - known) <= BETTER * h:
                self.reached.setdefault(key, set()).add(candidate.reached)
            if self._order(candidate, m, kind) > 0:
                continue
            if h < known * (1 - BETTER):
                better.append(key)
                self.reached[key] = {candidate.reached}
            self.best[key] = candidate
            self._waiting[code.name] = candidate
            self.ancestors[code.name] = candidate
        return better

    def close(self, progress: Callable[[int], object] | None = None) -> int:
        """Apply every rule until no height becomes smaller.

        Args:
            progress: called with how many codes wait.

        Returns:
            How many codes were derived that are best for something.
        """
        count = 0
        while True:
            while self._waiting:
                name = next(iter(self._waiting))
                candidate = self._waiting.pop(name)
                if not any(held is candidate for held in self.best.values()):
                    continue
                for derived in self._derived(candidate):
                    count += bool(self.offer(derived, "closure", "closure"))
                if progress is not None:
                    progress(len(self._waiting))
            for derived in self._joined():
                count += bool(self.offer(derived, "closure", "closure"))
            if not self._waiting:
                return count

    def _derived(self, candidate: Candidate) -> Iterator[ExactCode]:
        """Codes by rules of one code, those whose heights in floats promise something."""
        code = candidate.code
        n, k, G = code.n, code.k, code.floats()
        groups: list[tuple[list[Float], list[Callable[[], ExactCode]]]] = []
        if k > 1:
            at = [j for j in range(n) if np.abs(G[:, j]).max() > 1e-9]
            groups.append(([_shortened(G, j) for j in at], [_later(shorten, code, j) for j in at]))
            keep = [[i for i in range(k) if i != out] for out in range(k)]
            groups.append(([G[rows] for rows in keep], [_later(subcode, code, r) for r in keep]))
        if n - 1 > k:
            groups.append(([np.delete(G, j, 1) for j in range(n)],
                           [_later(puncture, code, j) for j in range(n)]))  # fmt: skip
        if n < self.longest:
            groups.append(([np.hstack([G, G[:, [j]]]) for j in range(n)],
                           [_later(repeat_column, code, j) for j in range(n)]))  # fmt: skip
            groups.append(([np.hstack([G, np.zeros((k, 1))])], [_later(zero_column, code)]))
        kinds = KINDS if code.is_rational else ("real",)
        for matrices, makers in groups:
            full = [i for i, M in enumerate(matrices) if np.linalg.matrix_rank(M) == len(M)
                    and M.shape[1] > M.shape[0]]  # fmt: skip
            if not full:
                continue
            heights = heights_of(np.stack([matrices[i] for i in full]))
            for i, profile in zip(full, heights, strict=True):
                rows, columns = matrices[i].shape
                if self.promises(columns, rows, profile.tolist(), kinds):
                    yield makers[i]()
        for times in range(2, self.longest // n + 1):
            yield repeat(code, times)

    def restore(self, entries: Sequence[Entry], *, waits: bool) -> None:
        """Take the entries of one code as they stand in a catalogue.

        Args:
            entries: of one code.
            waits: whether the closure is to look at them.
        """
        record = entries[0].record
        heights = [float("inf")] * (record.code.n - record.code.k)
        for entry in entries:
            heights[entry.m - 1] = entry.number
        floats = heights_of(record.code.floats()[None])[0].tolist()
        whole = tuple(h if np.isfinite(h) else f for h, f in zip(heights, floats, strict=True))
        candidate = Candidate(record.code, whole, record.finder, "closure")
        self.ancestors[record.code.name] = candidate
        if waits:
            self._waiting[record.code.name] = candidate
        for entry in entries:
            self.best[entry.key] = candidate
            self.reached[entry.key] = set(entry.reached)

    def promises(self, n: int, k: int, heights: Sequence[float], kinds: Sequence[str]) -> bool:
        """Whether some height is smaller than the one that is known."""
        return any(
            np.isfinite(h) and h < self.known(n, k, m, kind) * (1 - BETTER)
            for kind in kinds
            for m, h in enumerate(heights, 1)
        )

    def _joined(self) -> Iterator[ExactCode]:
        """Direct sums and products of codes that are best for something."""
        done = set[tuple[str, str]]()
        for kind in KINDS:
            held = [(key, c) for key, c in sorted(self.best.items()) if key[3] == kind]
            for (n, k, m, _), first in held:
                for (n2, k2, m2, _), second in held:
                    names = (first.code.name, second.code.name)
                    if n + n2 <= self.longest and m == m2 and names not in done:
                        h = max(first.heights[m - 1], second.heights[m - 1])
                        if h < self.known(n + n2, k + k2, m, kind) * (1 - BETTER):
                            done.add(names)
                            yield direct_sum(first.code, second.code)
                    order = (m + 1) * (m2 + 1) - 1
                    if n * n2 <= self.longest and k * k2 < n * n2:
                        h = first.heights[m - 1] * second.heights[m2 - 1]
                        if h < self.known(n * n2, k * k2, order, kind) * (1 - BETTER):
                            yield product(first.code, second.code)


def plainness(code: ExactCode) -> int:
    """0 for whole numbers, 1 for fractions, 2 for closed forms, 3 for floats."""
    if any(isinstance(x, float) for row in code.rows for x in row):
        return 3
    if not code.is_rational:
        return 2
    return int(not all(isinstance(x, int) for row in code.rows for x in row))


def _shortened(G: Float, j: int) -> Float:
    pivot = int(np.argmax(np.abs(G[:, j])))
    reduced = G - np.outer(G[:, j] / G[pivot, j], G[pivot])
    return np.delete(np.delete(reduced, pivot, 0), j, 1)


def _later(
    rule: Callable[..., ExactCode], code: ExactCode, *more: object
) -> Callable[[], ExactCode]:
    return lambda: rule(code, *more)
