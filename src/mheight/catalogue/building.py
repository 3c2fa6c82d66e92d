"""From codes to a catalogue: what is best, certified, with lower bounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from mheight.catalogue.certified import CertifiedHeight, certified_heights
from mheight.catalogue.closure import BestCodes
from mheight.catalogue.entries import Catalogue, CodeRecord, Entry, Key, LowerBound
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.files import LONGEST_ENTRY
from mheight.catalogue.height_texts import height_text
from mheight.catalogue.lower import bound_of, bound_table
from mheight.catalogue.numbers import as_float
from mheight.catalogue.seeds import SHAPES, constructed, offer_abelian
from mheight.errors import InvalidDataError

__all__ = ["best_of", "built", "start"]

_AGREE = 1e-7
"""A certified height this far from the one in floats, relatively, is a mistake somewhere."""


def start(longest: int, progress: Callable[[str], object] | None = None) -> BestCodes:
    """Every construction up to a length, before the closure.

    Args:
        longest: at most 16.
        progress: called with what is being made.
    """
    say = progress or (lambda text: None)
    best = BestCodes(longest=longest)
    say("constructions")
    for code in constructed(longest):
        best.offer(code, "construction", "construction")
    for shape, twist in SHAPES:
        order = 1
        for x in shape:
            order *= x
        if order <= longest:
            say(f"abelian codes of {'x'.join(map(str, shape))}, twist {twist}")
            offer_abelian(best, shape, twist)
    return best


def best_of(catalogue: Catalogue, longest: int, fresh: Collection[Key] = ()) -> BestCodes:
    """The codes of a catalogue, with the heights that it states, ready for more.

    Nothing of the closure is done again for them until something becomes better.

    Args:
        catalogue: the codes.
        longest: of the table.
        fresh: entries that the closure has not seen.
    """
    best = BestCodes(longest=longest)
    by_code: dict[str, list[Entry]] = {}
    for entry in catalogue.entries.values():
        by_code.setdefault(entry.code, []).append(entry)
    for name, record in catalogue.codes.items():
        best.records[name] = record
    for entries in by_code.values():
        best.restore(entries, waits=any(entry.key in fresh for entry in entries))
    return best


def built(
    best: BestCodes,
    date: str,
    known: Catalogue | None = None,
    progress: Callable[[int, int], object] | None = None,
    longest: int | None = None,
) -> Catalogue:
    """Certify what is best, and hang lower bounds on it.

    Args:
        best: the codes.
        date: for codes that are new.
        known: a catalogue whose entries need not be certified again where they still stand.
        progress: called with how many codes are certified, and of how many.
        longest: leave out longer codes, for a part of the work.

    Raises:
        InvalidDataError: a height that comes out differently from what floats say.
    """
    known = known or Catalogue()
    out = Catalogue()
    for name, candidate in best.ancestors.items():
        out.codes[name] = known.codes.get(name) or best.records.get(name) or CodeRecord(
            candidate.code, candidate.finder, date
        )  # fmt: skip
    for name, record in best.records.items():
        out.codes.setdefault(name, record)
    by_code: dict[str, list[Key]] = {}
    for key, candidate in best.best.items():
        if key[0] > (longest or best.longest):
            continue
        by_code.setdefault(candidate.code.name, []).append(key)
    bounds = bound_table(best.longest)
    # Codes of one size side by side: they share the tables of their lattice.
    for done, (name, keys) in enumerate(sorted(by_code.items(), key=lambda item: item[1][0])):
        if progress is not None:
            progress(done, len(by_code))
        fresh = [key for key in keys if not _stands(known, key, name)]
        heights = _certified(out.codes[name].code) if fresh else {}
        for key in keys:
            ways = tuple(sorted(best.reached.get(key, {"closure"})))
            if key not in fresh:
                held = known.entries[key]
                ways = tuple(sorted({*ways, *held.reached}))
                out.entries[key] = replace(held, reached=ways, bound=bounds[key[:3]])
                continue
            value = best.best[key].heights[key[2] - 1]
            out.entries[key] = _entry(key, heights, value, out.codes[name], ways, bounds)
    _hang_bounds(out, bounds.values())
    out.without_unused()
    return out


def _hang_bounds(catalogue: Catalogue, bounds: Iterable[LowerBound]) -> None:
    """Lower bounds into a catalogue, and on each entry that for all codes, or that for integers."""
    for bound in bounds:
        catalogue.bounds[bound.n, bound.k, bound.m] = bound
    for key, entry in list(catalogue.entries.items()):
        bound = bound_of(entry.kind, catalogue.bounds[key[:3]], LONGEST_ENTRY)
        catalogue.entries[key] = replace(entry, bound=bound)


def _stands(known: Catalogue, key: Key, name: str) -> bool:
    held = known.entries.get(key)
    return held is not None and held.code == name


def _certified(code: ExactCode) -> dict[int, CertifiedHeight]:
    return {height.m: height for height in certified_heights(code)}


def _entry(
    key: Key,
    heights: dict[int, CertifiedHeight],
    value: float,
    record: CodeRecord,
    reached: Iterable[str],
    bounds: Mapping[tuple[int, int, int], LowerBound],
) -> Entry:
    n, k, m, kind = key
    height = heights.get(m)
    if height is None or abs(float(height.upper) - value) > _AGREE * value:
        found = "infinite" if height is None else f"{float(height.upper):.12g}"
        raise InvalidDataError(
            f"(n, k, m) = ({n}, {k}, {m}), {kind}: in floats {value:.12g}, certified {found}"
        )
    text = height_text(height)
    assert as_float(text) > 0
    return Entry(
        n=n, k=k, m=m, kind=kind, height=text, code=record.code.name,  # type: ignore[arg-type]
        information_set=height.information_set, signs=height.signs, proof=height.method,
        reached=tuple(reached), record=record, bound=bounds[n, k, m],
    )  # fmt: skip
