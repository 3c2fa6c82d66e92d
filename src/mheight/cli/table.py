"""`mheight table`: the catalogue of good codes; how a table is written is in `rendering`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import typer

from mheight.catalogue import Catalogue, Entry
from mheight.catalogue.building import best_of, built
from mheight.catalogue.chains import Chain
from mheight.catalogue.checking import check_catalogue, sampled
from mheight.catalogue.entries import Key
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.exports import ENDINGS, EXPORTS, short_height
from mheight.catalogue.files import LONGEST_ENTRY, read_catalogue, shipped, write_catalogue
from mheight.catalogue.merging import differing, found_matrices, merge, united
from mheight.catalogue.submitting import judge_submission, read_exact
from mheight.cli.console import out, progress_bar, say
from mheight.cli.rendering import Format, Table, render
from mheight.cli.shared_options import OnlyHeight, TableForm
from mheight.cli.sources import rational_sources
from mheight.cli.table_options import (
    CatalogueFolder,
    Check,
    Dimension,
    KindOfCode,
    Length,
    Merge,
    OutputPath,
    Sample,
    SampleSeed,
    Submission,
)
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.files import require_writable, write_text

__all__ = ["NOT_BETTER", "table"]

NOT_BETTER = 3
"""Exit status for a submitted code that is not better, and for a catalogue with faults."""


def table(
    n: Length = None,
    k: Dimension = None,
    m: OnlyHeight = None,
    kind: KindOfCode = None,
    output: OutputPath = None,
    check: Check = False,
    sample: Sample = None,
    seed: SampleSeed = 0,
    submit: Submission = None,
    merge: Merge = None,
    catalogue: CatalogueFolder = None,
    form: TableForm = Format.TEXT,
) -> None:
    """Show the best codes that are known: the catalogue, its check, submissions to it.

    Each line has the least h_m known for (n, k, m), of codes with real entries and of codes
    [I | P] with integers of magnitude at most 100 in P, and a lower bound for all codes.
    """
    if sum([check, submit is not None, bool(merge)]) > 1:
        raise InvalidCodeError("--check, --submit and --merge are asked for one at a time")
    if submit is not None:
        _submit(submit, m)
        return
    if merge:
        _merge(merge, catalogue, output)
        return
    known = _read(catalogue)
    if check:
        _check(known, sample, seed, n)
        return
    entries = _Asked(n, k, m, kind).entries(known)
    if output is not None:
        _write(entries, output)
        return
    out(render(_shown(entries, n), form))


@dataclass(frozen=True)
class _Asked:
    """Which entries are asked for; None for all."""

    n: int | None
    k: int | None
    m: int | None
    kind: str | None

    def entries(self, known: Catalogue) -> list[Entry]:
        """Those of a catalogue.

        Raises:
            InvalidCodeError: it has none.
        """
        if self.kind not in (None, "real", "integer"):
            raise InvalidCodeError(f"--kind must be real or integer, got {self.kind!r}")
        lengths = known.lengths() if self.n is None else [self.n]
        found = [
            entry
            for length in lengths
            for entry in known.of_length(length)
            if self.k in (None, entry.k)
            and self.m in (None, entry.m)
            and self.kind in (None, entry.kind)
        ]
        if not found:
            held = known.lengths()
            raise InvalidCodeError(
                f"no such codes in the catalogue, which has n = {held[0]} to {held[-1]}, k < n, "
                "m <= n-k" if held else "the catalogue is empty"
            )  # fmt: skip
        return found


def _read(folder: Path | None) -> Catalogue:
    return shipped() if folder is None else read_catalogue(folder)


def _shown(entries: list[Entry], n: int | None) -> Table:
    places: dict[tuple[int, int, int], dict[str, Entry]] = {}
    for entry in entries:
        places.setdefault((entry.n, entry.k, entry.m), {})[entry.kind] = entry
    rows = []
    for (length, k, m), kinds in sorted(places.items()):
        real, integer = kinds.get("real"), kinds.get("integer")
        first = real or integer
        assert first is not None
        rows.append(
            [
                str(length), str(k), str(m),
                short_height(real) if real else "-",
                short_height(integer) if integer else "-",
                f"{first.bound.number:.6g}",
                f"{100 * first.gap:.3g} %",
                first.status,
                _made(first),
            ]
        )  # fmt: skip
    notes = ["lower: no code has less; gap: between the first height and it; "
             "mheight table N -o FILE.json has matrices, codewords and rules"]  # fmt: skip
    header = ["n", "k", "m", "real", "integer", "lower", "gap", "optimal", "made by"]
    title = "best heights known" + ("" if n is None else f" for n = {n}")
    return Table(title, header, rows, notes)


def _made(entry: Entry) -> str:
    return entry.record.code.chain.maker


def _write(entries: list[Entry], output: Path) -> None:
    require_writable(output, ENDINGS)
    write_text(output, EXPORTS[output.suffix.lower()](entries))
    say(f"{len(entries)} entries in {output}")


def _check(known: Catalogue, sample: int | None, seed: int, n: int | None) -> None:
    if sample is not None and sample < 1:
        raise InvalidCodeError(f"--sample must be at least 1, got {sample}")
    entries = sampled(known, sample, seed, n)
    with progress_bar("checking", len(entries)) as advance:
        faults = check_catalogue(known, entries, advance)
    for fault in faults:
        out(str(fault))
    out(f"{len(entries)} entries computed again: {len(faults)} faults")
    if faults:
        raise typer.Exit(NOT_BETTER)


def _submit(source: str, m: int | None) -> None:
    if m is None:
        raise InvalidCodeError("--submit needs -m, the index of the height")
    if source.lower().endswith(".json"):
        codes = [(source, read_exact(Path(source)))]
    else:
        codes = [
            (name, ExactCode(matrix, Chain.given("submission")))
            for name, matrix in rational_sources([source], None)
        ]
    any_better = False
    for name, code in codes:
        for judged in judge_submission(code, m):
            any_better |= judged.is_better
            known = "" if judged.known is None else f", known {judged.known.height}"
            out(f"{name}: [{code.n}, {code.k}] {judged.kind}, h_{m} = {judged.height}{known}: "
                f"{judged.outcome} ({judged.reason})")  # fmt: skip
    if not any_better:
        raise typer.Exit(NOT_BETTER)


def _merge(paths: list[Path], folder: Path | None, output: Path | None) -> None:
    if output is None:
        raise InvalidDataError("--merge needs -o, the folder of the new catalogue")
    known = shown = _read(folder)
    others = [path for path in paths if any(path.glob("n[0-9][0-9].json"))]
    fresh = set[Key]()
    for path in others:
        other = read_catalogue(path)
        fresh |= differing(known, other)
        known = united(known, other)
    found = found_matrices(path for path in paths if path not in others)
    best = best_of(known, max(known.lengths(), default=LONGEST_ENTRY), fresh)
    for one in found:
        if one.code.n > best.longest:
            say(f"warning: {one.path}: left out, the catalogue goes to n = {best.longest}")
    better = merge(best, found)
    say(f"{len(found)} codes read, {len(better)} heights better; closure")
    before = {key: entry.number for key, entry in shown.entries.items()}
    with progress_bar("closure", None) as advance:
        best.close(lambda waiting: advance(1))
    with progress_bar("certifying", None) as advance:
        result = built(best, time.strftime("%Y-%m-%d"), known, lambda done, of: advance(1))
    write_catalogue(result, output)
    changed = [
        entry for key, entry in sorted(result.entries.items())
        if key not in before or entry.number < before[key] * (1 - 1e-9)
    ]  # fmt: skip
    for entry in changed:
        was = before.get(entry.key)
        out(f"{entry}, " + ("new" if was is None else f"was {was:.7g}"))
    out(f"{len(changed)} entries better or new, {len(result.entries)} in {output}")
