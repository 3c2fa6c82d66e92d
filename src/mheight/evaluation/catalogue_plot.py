"""The picture of the catalogue: heights against n for each redundancy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from mheight.catalogue import Entry
from mheight.files import atomic_path

__all__ = ["PUBLIC_RECORDS", "plot_catalogue"]

PUBLIC_RECORDS: dict[tuple[int, int, int], float] = {(9, 6, 3): 34.0, (10, 4, 6): 445.5}
"""Least heights that public searches had reached, of integer codes, by (n, k, m)."""

_DPI = 130


def plot_catalogue(
    entries: Sequence[Entry],
    path: Path,
    records: Mapping[tuple[int, int, int], float] = PUBLIC_RECORDS,
) -> None:
    """h_{n-k} and h_2 of the best codes against n, a panel for each redundancy n-k from 2 to 7.

    Args:
        entries: of the catalogue.
        path: PNG to write.
        records: public ones beside them, by (n, k, m).
    """
    held = {entry.key: entry for entry in entries}
    figure = Figure(figsize=(12, 7.5), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True)
    longest = max(entry.n for entry in entries)
    for redundancy, axes in zip(range(2, 8), panels.ravel(), strict=True):
        lengths = range(redundancy + 2, longest + 1)
        orders = ((redundancy, "#d55e00"),) + (((2, "#0072b2"),) if redundancy > 2 else ())
        for m, colour in orders:
            keys = [(n, n - redundancy, m) for n in lengths]
            for kind, marker, style in (("real", "o", "-"), ("integer", "s", "--")):
                found = [(key[0], held[*key, kind].number) for key in keys if (*key, kind) in held]
                axes.plot(*zip(*found, strict=True), color=colour, marker=marker, markersize=3.5,
                          linestyle=style, linewidth=1, label=f"$h_{m}$, {kind}")  # fmt: skip
            bounds = [(key[0], held[*key, "real"].bound.number) for key in keys
                      if (*key, "real") in held]  # fmt: skip
            axes.plot(*zip(*bounds, strict=True), color=colour, linestyle=":", linewidth=1.2,
                      label=f"$h_{m}$, no code below")  # fmt: skip
        public = [(n, value) for (n, k, _), value in records.items() if n - k == redundancy]
        if public:
            axes.plot(*zip(*public, strict=True), "kx", label="public record")
        axes.set(title=f"n - k = {redundancy}", xlabel="n", ylabel="height", yscale="log")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.3, which="both")
        axes.legend(fontsize=7)
    figure.suptitle("The least heights known, and what no code can beat")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=_DPI)
