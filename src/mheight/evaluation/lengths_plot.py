"""The picture of the ladder for n: what a prediction costs and misses, by length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mheight.files import atomic_path

__all__ = ["LengthRow", "plot_lengths"]

_DPI = 130

LengthRow = Mapping[str, float]
"""`n`, `k`, `m`, `mse` (log2-MSE), and CPU microseconds a code: `features`, `network`, `exact`."""


def plot_lengths(rows: Sequence[LengthRow], longest_trained: int, title: str, path: Path) -> None:
    """Cost and error against n; means over the groups of a length, groups as dots.

    Args:
        rows: one a group.
        longest_trained: largest n of training; longer codes are shaded.
        title: printed above.
        path: PNG to write.
    """
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    costs, errors = figure.subplots(1, 2)
    lengths = sorted({int(row["n"]) for row in rows})
    for name, colour, label in (
        ("features", "#009e73", "features: all log minors"),
        ("total", "#0072b2", "features and network"),
        ("exact", "#d55e00", "exact height, all m"),
    ):
        _curve(costs, rows, lengths, name, colour, label)
    costs.set(xlabel="n, with k = n/2", ylabel="CPU microseconds a code", yscale="log")
    _curve(errors, rows, lengths, "mse", "#0072b2", "log2-MSE")
    errors.set(xlabel="n, with k = n/2", ylabel="log2-MSE", yscale="log")
    for axes in (costs, errors):
        axes.axvspan(longest_trained + 0.5, lengths[-1] + 0.5, color="0.92", zorder=0)
        axes.set_xlim(lengths[0] - 0.5, lengths[-1] + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="upper left")
    figure.suptitle(f"{title} (grey: lengths never trained on)")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=_DPI)


def _curve(
    axes: Axes, rows: Sequence[LengthRow], lengths: list[int], name: str, colour: str, label: str
) -> None:
    values = [_value(row, name) for row in rows]
    means = [
        float(np.mean([v for v, row in zip(values, rows, strict=True) if row["n"] == n]))
        for n in lengths
    ]
    axes.scatter([row["n"] for row in rows], values, s=9, color=colour, alpha=0.5)
    axes.plot(lengths, means, color=colour, label=label)


def _value(row: LengthRow, name: str) -> float:
    return row["features"] + row["network"] if name == "total" else row[name]
