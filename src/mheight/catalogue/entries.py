"""What the catalogue holds: codes, the best height of each (n, k, m), lower bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from mheight.catalogue.chains import parents
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.numbers import as_float
from mheight.catalogue.witnesses import codeword_of
from mheight.heights import Certificate

__all__ = ["KINDS", "Catalogue", "CodeRecord", "Entry", "Key", "Kind", "LowerBound", "Status"]

Kind = Literal["real", "integer"]
Status = Literal["proved", "believed", "open"]
Key = tuple[int, int, int, str]

KINDS: tuple[Kind, ...] = ("real", "integer")

PROVED_TO = 1e-9
"""A height this near a lower bound, relatively, is the least there is."""


@dataclass(frozen=True)
class CodeRecord:
    """A code, and who found it when.

    Attributes:
        code: matrix and chain.
        finder: a construction, the closure, a search, a person.
        date: year-month-day.
    """

    code: ExactCode
    finder: str
    date: str


@dataclass(frozen=True)
class LowerBound:
    """A number that no [n, k] code brings h_m below.

    Attributes:
        n: length.
        k: dimension.
        m: index of the height.
        value: as text, a closed form where there is one.
        rule: how it follows.
        source: where the bound it starts from is proved.
    """

    n: int
    k: int
    m: int
    value: str
    rule: str
    source: str

    @property
    def number(self) -> float:
        """The value as a float."""
        return as_float(self.value)


@dataclass(frozen=True)
class Entry:
    """The best code that is known for (n, k, m), of real or integer entries.

    Attributes:
        n: length.
        k: dimension.
        m: index of the height.
        kind: "integer" is for codes [I | P] with integers of magnitude at most 100 in P;
            "real" for all.
        height: h_m as text: a fraction, a closed form, or a decimal that is at least h_m and
            above it by at most a relative 1e-15.
        code: name of its code.
        information_set: positions on which a codeword that attains the height is 1 or -1.
        signs: which of both.
        proof: how the upper side is proved: "fractions" (the lattice of minors in exact
            arithmetic) or "balls" (the same, every quotient rounded up at 320 bits); "closed
            form" of a family beyond the catalogue, proved where the construction is.
        reached: from where the height was reached: "construction", "closure", "search",
            "submission".
        record: the code.
        bound: the best lower bound for all codes, or, where it is better, for integer ones.
    """

    n: int
    k: int
    m: int
    kind: Kind
    height: str
    code: str
    information_set: tuple[int, ...]
    signs: tuple[int, ...]
    proof: Literal["fractions", "balls", "closed form"]
    reached: tuple[str, ...]
    record: CodeRecord = field(repr=False)
    bound: LowerBound = field(repr=False)

    @property
    def key(self) -> Key:
        """(n, k, m, kind)."""
        return (self.n, self.k, self.m, self.kind)

    @property
    def number(self) -> float:
        """The height as a float."""
        return as_float(self.height)

    @property
    def gap(self) -> float:
        """Height over lower bound, less 1: what a better code could gain at most."""
        return max(self.number / self.bound.number - 1.0, 0.0)

    @property
    def status(self) -> Status:
        """Whether it is the least: proved (within 1e-9 of a lower bound), believed, open.

        Believed: it was reached in two ways that know nothing of each other, a construction and
        a search from random codes.
        """
        if self.gap <= PROVED_TO:
            return "proved"
        both = {"search", "construction"} <= set(self.reached)
        return "believed" if both else "open"

    @property
    def G(self) -> Any:
        """The generator matrix as floats, shape (k, n)."""
        return self.record.code.floats()

    @property
    def certificate(self) -> Certificate:
        """The codeword that attains the height: exact for a rational code, else rounded."""
        return codeword_of(self.record.code, self.m, self.information_set, self.signs)

    def __str__(self) -> str:
        return f"[{self.n}, {self.k}] {self.kind}: h_{self.m} = {self.height} ({self.status})"


@dataclass
class Catalogue:
    """Codes by name, entries by (n, k, m, kind), lower bounds by (n, k, m)."""

    codes: dict[str, CodeRecord] = field(default_factory=dict)
    entries: dict[Key, Entry] = field(default_factory=dict)
    bounds: dict[tuple[int, int, int], LowerBound] = field(default_factory=dict)

    def lengths(self) -> list[int]:
        """The lengths that it has entries of."""
        return sorted({key[0] for key in self.entries})

    def of_length(self, n: int) -> list[Entry]:
        """The entries of a length, by k, m and kind, real ones first."""
        found = [entry for key, entry in self.entries.items() if key[0] == n]
        return sorted(found, key=lambda e: (e.k, e.m, e.kind != "real"))

    def without_unused(self) -> None:
        """Drop codes that no entry has and no chain of such a code refers to."""
        wanted = {entry.code for entry in self.entries.values()}
        waiting = list(wanted)
        while waiting:
            for parent in parents(self.codes[waiting.pop()].code.chain):
                if parent not in wanted:
                    wanted.add(parent)
                    waiting.append(parent)
        self.codes = {name: self.codes[name] for name in sorted(wanted)}
