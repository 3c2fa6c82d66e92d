from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mheight.evaluation import plots
from mheight.metrics import score
from mheight.tiers import COURSE_9, COURSE_21


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list:
    """Figures as they are saved."""
    kept = []
    real = plots._save
    monkeypatch.setattr(
        plots, "_save", lambda figure, path: (kept.append(figure), real(figure, path))
    )
    return kept


def test_residuals_are_predicted_minus_exact(figures: list, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(9), 5)
    keep = group != 7  # a group without samples
    group = group[keep]
    true = rng.uniform(1, 9, len(group))
    error = rng.standard_normal(len(group))
    path = tmp_path / "residuals.png"
    plots.plot_residuals(true, true + error, group, COURSE_9, "a run", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["residuals.png"]
    (figure,) = figures
    assert figure.get_suptitle() == "Errors by group: a run; 1 of 9 groups have no samples"
    filled = [i for i in range(9) if i != 7]
    panels = [axes for axes in figure.axes if axes.axison]
    for i, axes in zip(filled, panels, strict=True):
        assert f"k = {COURSE_9[i].k}, m = {COURSE_9[i].m} (" in axes.get_title()
        (points,) = axes.collections
        expected = np.column_stack([true, error])[group == i]
        np.testing.assert_allclose(points.get_offsets(), expected)
        assert axes.get_ylabel() == "log2 height, predicted minus exact"


def test_a_part_of_the_groups_is_drawn_without_empty_panels(figures: list, tmp_path: Path) -> None:
    group = np.array([4, 4, 20])
    true = np.array([2.0, 3.0, 5.0])
    scores = score(true, true + 0.5, group, COURSE_21)
    plots.plot_scatter(true, true + 0.5, group, scores, "a run", tmp_path / "scatter.png")
    (figure,) = figures
    assert figure.get_suptitle() == "a run; 19 of 21 groups have no samples"
    titles = [axes.get_title() for axes in figure.axes if axes.axison]
    assert titles == [
        "n = 9, k = 5, m = 2 (easy):\nlog2-MSE 0.250",
        "n = 10, k = 6, m = 4 (hard):\nlog2-MSE 0.250",
    ]
