"""The picture of a study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from mheight.files import atomic_path

__all__ = ["TrialPoint", "plot_study"]

_DPI = 130


class TrialPoint(NamedTuple):
    """Number of a trial, how it ended, and its value if there is one."""

    number: int
    state: str
    value: float | None


def plot_study(trials: Sequence[TrialPoint], metric: str, title: str, path: Path) -> None:
    """Value by trial, with the best so far; pruned trials are marked.

    Args:
        trials: in order; one without a value, or neither complete nor pruned, is counted in
            the title alone.
        metric: name of the value.
        title: printed above.
        path: PNG to write.
    """
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.subplots()
    left_out = len(trials)
    for state, marker, colour in (("complete", "o", "#0072b2"), ("pruned", "x", "#d55e00")):
        shown = _with_values(trials, state)
        left_out -= len(shown)
        if shown:
            label = "pruned: value when stopped" if state == "pruned" else state
            axes.scatter(
                [number for number, _ in shown],
                [value for _, value in shown],
                label=f"{label} ({len(shown)})",
                marker=marker,
                color=colour,
                s=30,
            )
    complete = _with_values(trials, "complete")
    if complete:
        best = np.minimum.accumulate([value for _, value in complete])
        numbers = [number for number, _ in complete]
        last = trials[-1].number
        line = [*best, best[-1]]
        axes.step([*numbers, last], line, where="post", color="black", label="best so far")
    axes.set(xlabel="trial", ylabel=f"{metric}, log2-MSE", yscale="log")
    axes.set_title(title + (f" ({left_out} without a value)" if left_out else ""))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3, which="both")
    if axes.has_data():
        axes.legend(fontsize=8)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=_DPI)


def _with_values(trials: Sequence[TrialPoint], state: str) -> list[tuple[int, float]]:
    """Number and value of each trial that ended so and has a value."""
    return [(t.number, t.value) for t in trials if t.state == state and t.value is not None]
