"""The picture of the ladder for n: curves, dots and shade."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from mheight.evaluation.lengths_plot import plot_lengths

ROWS = [
    {"n": 8, "k": 4, "m": 2, "mse": 0.5, "features": 2.0, "network": 10.0, "exact": 100.0},
    {"n": 6, "k": 3, "m": 2, "mse": 0.1, "features": 1.0, "network": 5.0, "exact": 10.0},
    {"n": 8, "k": 4, "m": 3, "mse": 1.5, "features": 4.0, "network": 20.0, "exact": 300.0},
    {"n": 10, "k": 5, "m": 2, "mse": 3.0, "features": 8.0, "network": 40.0, "exact": 900.0},
]
SUMS = {"features": [1.0, 3.0, 8.0], "total": [6.0, 18.0, 48.0], "exact": [10.0, 200.0, 900.0]}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures as they are saved."""
    kept: list[Figure] = []
    real = Figure.savefig

    def save(figure: Figure, *args: object, **options: object) -> None:
        kept.append(figure)
        real(figure, *args, **options)

    monkeypatch.setattr(Figure, "savefig", save)
    return kept


def test_costs_and_errors_by_length(figures: list[Figure], tmp_path: Path) -> None:
    path = tmp_path / "lengths.png"
    plot_lengths(ROWS, 8, "a ladder", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["lengths.png"]
    (figure,) = figures
    assert figure.get_suptitle() == "a ladder (grey: lengths never trained on)"
    costs, errors = figure.axes
    labels = ["features: all log minors", "features and network", "exact height, all m"]
    assert [line.get_label() for line in costs.lines] == labels
    assert [text.get_text() for text in costs.get_legend().get_texts()] == labels
    for line, wanted in zip(costs.lines, SUMS.values(), strict=True):
        assert line.get_xdata().tolist() == [6, 8, 10]  # lengths in order, whatever the rows'
        np.testing.assert_allclose(line.get_ydata(), wanted)  # means over the groups
    for dots, values in zip(
        costs.collections,
        ([2.0, 1.0, 4.0, 8.0], [12.0, 6.0, 24.0, 48.0], [100.0, 10.0, 300.0, 900.0]),
        strict=True,
    ):
        np.testing.assert_allclose(dots.get_offsets(), np.column_stack([[8, 6, 8, 10], values]))
    (line,) = errors.lines
    np.testing.assert_allclose(line.get_ydata(), [0.1, 1.0, 3.0])
    (dots,) = errors.collections
    np.testing.assert_allclose(dots.get_offsets()[:, 1], [0.5, 0.1, 1.5, 3.0])
    assert (costs.get_ylabel(), errors.get_ylabel()) == ("CPU microseconds a code", "log2-MSE")
    colours = [line.get_color() for line in costs.lines]
    assert len(set(colours)) == 3
    for axes in figure.axes:
        assert axes.get_yscale() == "log"
        assert axes.get_xlabel() == "n, with k = n/2"
        assert axes.get_xlim() == (5.5, 10.5)
        (shade,) = axes.patches
        assert (shade.get_x(), shade.get_x() + shade.get_width()) == (8.5, 10.5)
        assert axes.yaxis.get_major_formatter()(0.5, 0) == "0.5"


def test_one_length(figures: list[Figure], tmp_path: Path) -> None:
    plot_lengths(ROWS[:1], 8, "one", tmp_path / "one.png")
    (figure,) = figures
    for axes in figure.axes:
        assert axes.get_xlim() == (7.5, 8.5)
        assert axes.lines[0].get_xdata().tolist() == [8]
        assert axes.patches[0].get_width() == 0.0
