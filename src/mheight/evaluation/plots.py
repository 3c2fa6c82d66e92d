"""The pictures of a run."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path
from textwrap import fill
from typing import Any, Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from mheight.files import atomic_path
from mheight.metrics import Scores
from mheight.tiers import Groups, Tier

__all__ = ["plot_height_distribution", "plot_history", "plot_residuals", "plot_scatter"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_TIER_COLOUR = {Tier.EASY: "#0072b2", Tier.MEDIUM: "#e69f00", Tier.HARD: "#d55e00"}
_M_STYLE = ("-", "--", "-.", ":")
_MOST_PANELS = 64
_DPI = 130


def _save(figure: Figure, path: Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=_DPI)


class Epoch(Protocol):
    """What is drawn of an epoch: losses, tiers on validation, learning rate."""

    @property
    def epoch(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def val_loss(self) -> float: ...
    @property
    def val_easy(self) -> float: ...
    @property
    def val_medium(self) -> float: ...
    @property
    def val_hard(self) -> float: ...
    @property
    def val_balanced(self) -> float: ...
    @property
    def train_overall(self) -> float: ...
    @property
    def learning_rate(self) -> float: ...


def plot_history(
    records: Sequence[Epoch],
    best_epoch: int,
    title: str,
    path: Path,
    validation: str = "validation",
) -> None:
    """Losses, tiers and learning rate over the epochs.

    Args:
        records: one an epoch.
        best_epoch: number of the best epoch, from 1.
        title: printed above the panels.
        path: PNG to write.
        validation: what the validation curves show, in a word or two.
    """
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [record.epoch for record in records]

    def line(axes: Any, values: Sequence[float], label: str, **style: Any) -> None:
        axes.plot(epochs, values, label=label, **style)

    line(left, [one.loss for one in records], "training loss, as optimised", color="#777777")
    line(left, [one.val_loss for one in records], validation, color="#009e73")
    originals = [one.train_overall for one in records]
    if np.isfinite(originals).any():
        line(left, originals, "training originals, as validation", color="#0072b2")
    by_tier = {
        Tier.EASY: [one.val_easy for one in records],
        Tier.MEDIUM: [one.val_medium for one in records],
        Tier.HARD: [one.val_hard for one in records],
    }
    for tier, values in by_tier.items():
        if np.isfinite(values).any():
            line(right, values, tier.value, color=_TIER_COLOUR[tier])
    balanced = [one.val_balanced for one in records]
    line(right, balanced, "balanced", color="black", linestyle="--")
    for axes, name in (
        (left, "Loss by epoch"),
        (right, f"Error on {validation} by tier and epoch"),
    ):
        axes.set(xlabel="epoch", ylabel="log2-MSE", yscale="log", title=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.3, which="both")
        if best_epoch:
            axes.axvline(best_epoch, color="#999999", linewidth=0.8, label=f"best: {best_epoch}")
        # Below the axes, where no curve can be.
        axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=5)
    rate = left.twinx()
    rates = [one.learning_rate for one in records]
    line(rate, rates, "learning rate", color="#cc79a7", linewidth=0.8, linestyle=":")
    rate.set(ylabel="learning rate (dotted)", yscale="log")
    rate.yaxis.set_minor_formatter(NullFormatter())
    figure.suptitle(fill(title, 110))
    _save(figure, path)


def _group_panels(
    log2_true: Float,
    values: Float,
    group: Int,
    groups: Groups,
    ylabel: str,
    title: str,
    scores: Scores | None = None,
) -> tuple[Figure, dict[int, Any]]:
    """Values against exact log2 heights; the panels, of groups that have points."""
    filled = [i for i in range(len(groups)) if (group == i).any()]
    seen = filled[:_MOST_PANELS]  # no more than can be seen
    if len(filled) < len(groups):
        title += f"; {len(groups) - len(filled)} of {len(groups)} groups have no samples"
    if len(seen) < len(filled):
        title += f"; the first {len(seen)} of {len(filled)} groups"
    columns = ceil(sqrt(len(seen)))
    rows = ceil(len(seen) / columns)
    figure = Figure(figsize=(10 * columns / 3, 10 * rows / 3), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(seen) :]:
        axes.set_axis_off()
    for i, axes in zip(seen, panels, strict=False):
        name, inside, tier = groups[i], group == i, groups.tiers[i]
        heading = f"k = {name.k}, m = {name.m} ({tier.value})"
        if groups.lengths != [9]:
            heading = f"n = {name.n}, {heading}"
        value = scores.of(name) if scores else None
        if value is not None:
            heading += ":\n" if groups.lengths != [9] else ": "  # longer than a panel is wide
            heading += f"log2-MSE {value:.3f}"
        axes.set_title(heading, fontsize=10)
        axes.set(xlabel="log2 height, exact", ylabel=ylabel)
        axes.grid(alpha=0.3)
        axes.scatter(
            log2_true[inside],
            values[inside],
            s=12 if inside.sum() < 300 else 4,
            alpha=0.35,
            color=_TIER_COLOUR[tier],
            linewidths=0,
            rasterized=True,
        )
    figure.suptitle(title)
    return figure, dict(zip(seen, panels, strict=False))


def plot_scatter(
    log2_true: Float, log2_predicted: Float, group: Int, scores: Scores, title: str, path: Path
) -> None:
    """Predicted against true log2 heights, a panel for each group.

    Args:
        log2_true: shape (N,).
        log2_predicted: shape (N,).
        group: shape (N,), positions in the groups of the scores.
        scores: of these predictions.
        title: printed above the panels.
        path: PNG to write.
    """
    figure, panels = _group_panels(
        log2_true, log2_predicted, group, scores.among, "log2 height, predicted", title, scores
    )
    for i, axes in panels.items():
        both = np.concatenate([log2_true[group == i], log2_predicted[group == i]])
        ends = [both.min(), both.max()]
        axes.plot(ends, ends, color="black", linewidth=0.8)
    _save(figure, path)


def plot_residuals(
    log2_true: Float, log2_predicted: Float, group: Int, groups: Groups, title: str, path: Path
) -> None:
    """Errors of predicted log2 heights against the exact ones, a panel for each group.

    Args:
        log2_true: shape (N,).
        log2_predicted: shape (N,).
        group: shape (N,), positions in the groups.
        groups: those that there are.
        title: printed above the panels.
        path: PNG to write.
    """
    figure, panels = _group_panels(
        log2_true,
        log2_predicted - log2_true,
        group,
        groups,
        "log2 height, predicted minus exact",
        f"Errors by group: {title}",
    )
    for axes in panels.values():
        axes.axhline(0.0, color="black", linewidth=0.8)
    _save(figure, path)


def plot_height_distribution(
    log2_heights: Float, group: Int, groups: Groups, title: str, path: Path
) -> None:
    """Histograms of log2 heights: a panel for each (n, k), a line for each m.

    Args:
        log2_heights: shape (N,), finite.
        group: shape (N,), positions in the groups.
        groups: those that there are.
        title: printed above.
        path: PNG to write.
    """
    codes = sorted({name[:2] for i, name in enumerate(groups) if (group == i).any()})
    codes = codes[:_MOST_PANELS]
    figure = Figure(figsize=(8, 1 + 2 * len(codes)), layout="constrained")
    panels = figure.subplots(len(codes), 1, sharex=True, squeeze=False).ravel()
    bins = int(np.clip(np.sqrt(len(log2_heights) / len(groups)), 10, 80))
    edges = np.linspace(log2_heights.min(), max(log2_heights.max(), log2_heights.min() + 1), bins)
    for (n, k), axes in zip(codes, panels, strict=True):
        for i, name in enumerate(groups):
            inside = log2_heights[group == i]
            if name[:2] != (n, k) or not len(inside):
                continue
            density, _ = np.histogram(inside, edges, density=True)
            tier = groups.tiers[i]
            label = f"m = {name.m} ({tier.value}), {len(inside):,} samples"
            style = _M_STYLE[(name.m - 2) % len(_M_STYLE)]
            axes.stairs(density, edges, label=label, color=_TIER_COLOUR[tier], linestyle=style)
        heading = f"k = {k}" if groups.lengths == [9] else f"n = {n}, k = {k}"
        axes.set(ylabel="density", title=heading)
        axes.grid(alpha=0.3)
        if axes.has_data():
            axes.legend(fontsize=8)
    panels[-1].set(xlabel="log2 height")
    figure.suptitle(title)
    _save(figure, path)
