"""The catalogue as rows for people and programs: JSON, CSV, LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from mheight.catalogue.chains import chain_text
from mheight.catalogue.entries import Entry
from mheight.catalogue.exact_code import entry_text
from mheight.catalogue.numbers import as_rational

__all__ = ["ENDINGS", "as_csv", "as_json", "as_latex", "entry_row", "short_height"]

ENDINGS = (".json", ".csv", ".tex")

_COLUMNS = ("n", "k", "m", "kind", "height", "value", "lower", "lower_value", "gap", "status",
            "construction", "finder", "date", "proof")  # fmt: skip


def entry_row(entry: Entry) -> dict[str, Any]:
    """An entry as plain values, with all that a table shows; no matrix."""
    return {
        "n": entry.n,
        "k": entry.k,
        "m": entry.m,
        "kind": entry.kind,
        "height": entry.height,
        "value": entry.number,
        "lower": entry.bound.value,
        "lower_value": entry.bound.number,
        "lower_rule": entry.bound.rule,
        "lower_source": entry.bound.source,
        "gap": entry.gap,
        "status": entry.status,
        "construction": chain_text(entry.record.code.chain),
        "finder": entry.record.finder,
        "date": entry.record.date,
        "proof": entry.proof,
    }


def short_height(entry: Entry) -> str:
    """The height as a table shows it: a short closed form, or seven digits."""
    if len(entry.height) <= 12 and "." not in entry.height:
        return entry.height
    return f"{entry.number:.7g}"


def as_json(entries: Sequence[Entry]) -> str:
    """All of the entries, with matrices and codewords, as one JSON list."""
    out = []
    for entry in entries:
        witness = entry.certificate
        out.append(
            {
                **entry_row(entry),
                "matrix": [[entry_text(x) for x in row] for row in entry.record.code.rows],
                "chain": entry.record.code.chain.as_dict(),
                "code": entry.code,
                "information_set": list(entry.information_set),
                "signs": list(entry.signs),
                "codeword": witness.as_dict()["codeword"],
            }
        )
    return json.dumps(out, indent=1, allow_nan=False) + "\n"


def as_csv(entries: Sequence[Entry]) -> str:
    """One line an entry, without matrices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        row = entry_row(entry)
        writer.writerow([row[name] for name in _COLUMNS])
    return text.getvalue()


def as_latex(entries: Sequence[Entry]) -> str:
    """A `longtable` body in a `tabular` that needs no package: best real and integer heights."""
    by_place: dict[tuple[int, int, int], dict[str, Entry]] = {}
    for entry in entries:
        by_place.setdefault((entry.n, entry.k, entry.m), {})[entry.kind] = entry
    lines = [
        r"\begin{tabular}{rrrllll}",
        r"$n$ & $k$ & $m$ & $h_m$, real & $h_m$, integer & $h_m \ge$ & \\ \hline",
    ]
    for (n, k, m), kinds in sorted(by_place.items()):
        cells = [_tex(kinds[kind]) if kind in kinds else "" for kind in ("real", "integer")]
        any_entry = next(iter(kinds.values()))
        status = kinds["real"].status if "real" in kinds else ""
        lines.append(
            f"{n} & {k} & {m} & {cells[0]} & {cells[1]} & "
            f"{any_entry.bound.number:.6g} & {status} \\\\"
        )
    return "\n".join([*lines, r"\end{tabular}"]) + "\n"


def _tex(entry: Entry) -> str:
    rational = as_rational(entry.height)
    if rational is not None and "." not in entry.height:
        whole = rational.denominator == 1
        return (
            f"${rational}$"
            if whole
            else rf"$\frac{{{rational.numerator}}}{{{rational.denominator}}}$"
        )
    return f"${entry.number:.6f}$"


EXPORTS: dict[str, Callable[[Sequence[Entry]], str]] = {
    ".json": as_json,
    ".csv": as_csv,
    ".tex": as_latex,
}
