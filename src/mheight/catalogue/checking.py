"""The checker: every entry, computed again from its matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mheight.catalogue.certified import CertifiedHeight, certified_heights, word_ratio
from mheight.catalogue.chain_running import run_chain
from mheight.catalogue.chains import Step
from mheight.catalogue.entries import Catalogue, Entry, LowerBound
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.files import LONGEST_ENTRY
from mheight.catalogue.height_texts import agrees
from mheight.catalogue.integer_forms import is_integer_form
from mheight.catalogue.lower import bound_of, bound_table
from mheight.catalogue.numbers import as_float, as_rational
from mheight.errors import InvalidDataError, MheightError

__all__ = ["Fault", "check_catalogue", "sampled"]

_WAYS = {"construction", "closure", "search", "submission"}


@dataclass(frozen=True)
class Fault:
    """What is wrong with an entry.

    Attributes:
        where: "(n, k, m) = (9, 4, 5), real".
        text: what must hold, and what came.
    """

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


def sampled(
    catalogue: Catalogue, count: int | None, seed: int = 0, n: int | None = None
) -> list[Entry]:
    """Some entries at random, or all where `count` is None, those of one code side by side.

    Args:
        catalogue: where they are from.
        count: how many.
        seed: of the choice.
        n: only this length.
    """
    held = [entry for entry in catalogue.entries.values() if n in (None, entry.n)]
    entries = sorted(held, key=lambda e: (e.n, e.k, e.code, e.m))
    if count is None or count >= len(entries):
        return entries
    chosen = np.random.default_rng(seed).choice(len(entries), count, replace=False)
    return [entries[i] for i in sorted(chosen)]


def check_catalogue(
    catalogue: Catalogue,
    entries: Iterable[Entry] | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[Fault]:
    """Compute entries again from their matrices: heights on both sides, chains, bounds.

    Args:
        catalogue: all of it, since chains refer to codes of other lengths.
        entries: which; None for all.
        progress: called after each entry with 1.

    Returns:
        What is wrong; empty if nothing is.
    """
    chosen = sampled(catalogue, None) if entries is None else list(entries)
    longest = max((entry.n for entry in catalogue.entries.values()), default=2)
    bounds = bound_table(longest)
    checker = _Checker(catalogue)
    faults: list[Fault] = []
    for entry in chosen:
        where = f"(n, k, m) = ({entry.n}, {entry.k}, {entry.m}), {entry.kind}"
        try:
            found = [*checker.faults(entry), *_bound_faults(entry, bounds)]
        except (MheightError, ZeroDivisionError, OverflowError) as error:
            found = [str(error)]
        faults.extend(Fault(where, text) for text in found)
        if progress is not None:
            progress(1)
    return faults


class _Checker:
    """Keeps the heights of the code that was looked at last, which has several entries."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._last: tuple[str, dict[int, CertifiedHeight], list[str]] | None = None

    def faults(self, entry: Entry) -> list[str]:
        code = entry.record.code
        if self._last is None or self._last[0] != entry.code:
            heights = {h.m: h for h in certified_heights(code)}
            self._last = (entry.code, heights, self._code_faults(entry))
        out = list(self._last[2])
        held = self._last[1].get(entry.m)
        if held is None:
            return [*out, f"h_{entry.m} of its matrix is infinite, the entry says {entry.height}"]
        if not agrees(entry.height, held):
            low, high = float(held.lower), float(held.upper)
            said = "" if low == high else f" to {high:.17g}"
            out.append(
                f"h_{entry.m} of its matrix is {low:.17g}{said}, the entry says {entry.height}"
            )
        if entry.proof != held.method:
            out.append(f"its proof is in {held.method}, "
                       f"the entry says {entry.proof!r}")  # fmt: skip
        out.extend(_witness_faults(entry))
        if entry.kind == "integer" and not is_integer_form(code.rows):
            out.append("an integer code must be [I | P] with whole numbers of at most 100 in P")
        if unknown := set(entry.reached) - _WAYS:
            out.append(f"reached must be of {sorted(_WAYS)}, got {sorted(unknown)}")
        return out

    def _code_faults(self, entry: Entry) -> list[str]:
        code, out = entry.record.code, []
        if code.name != entry.code:
            out.append(f"its matrix has the name {code.name}, not {entry.code}: it was changed")
        if code.chain.step is not Step.GIVEN:
            made = run_chain(code.chain, self._known)
            if made.rows != code.rows and not _same(made, code):
                out.append("its chain makes another matrix")
        return out

    def _known(self, name: str) -> ExactCode:
        record = self._catalogue.codes.get(name)
        if record is None:
            raise InvalidDataError(f"its chain refers to the code {name}, which is not there")
        return record.code


def _same(made: ExactCode, code: ExactCode) -> bool:
    """Whether matrices of floats agree to rounding, which libraries do differently."""
    if (made.n, made.k) != (code.n, code.k) or code.is_rational != made.is_rational:
        return False
    has_floats = any(isinstance(x, float) for row in code.rows for x in row)
    return has_floats and bool(np.allclose(made.floats(), code.floats(), rtol=1e-9, atol=1e-12))


def _witness_faults(entry: Entry) -> list[str]:
    """Whether the codeword attains the height: exactly, or to 1e-15 where it is rounded."""
    code = entry.record.code
    ratio = word_ratio(code, entry.m, entry.information_set, entry.signs)
    claimed = as_rational(entry.height)
    least = (
        Fraction(as_float(entry.height)) * (1 - Fraction(1, 10**14))
        if claimed is None
        else claimed
        if "." not in entry.height and code.is_rational
        else claimed * (1 - Fraction(1, 10**14))
    )
    if ratio < least:
        return [
            f"the certificate's codeword has |c|(0)/|c|({entry.m}) = {float(ratio):.15g}, "
            f"below {entry.height}"
        ]
    return []


def _bound_faults(entry: Entry, bounds: Mapping[tuple[int, int, int], LowerBound]) -> list[str]:
    held = bounds.get((entry.n, entry.k, entry.m))
    value = entry.bound.number
    if held is None:
        return ["there is no bound for it"]
    held = bound_of(entry.kind, held, LONGEST_ENTRY)
    if value > held.number * (1 + 1e-12):
        return [
            f"its lower bound {entry.bound.value} is above {held.value}, the best that is proved"
        ]
    if value > entry.number * (1 + 1e-12):
        return [f"its lower bound {entry.bound.value} is above its height {entry.height}"]
    return []
