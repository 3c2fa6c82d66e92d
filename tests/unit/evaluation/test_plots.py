from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mheight.evaluation import plots
from mheight.tiers import COURSE_9


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
    assert figure.get_suptitle() == "Errors by group: a run"
    assert len(figure.axes) == 9
    for i, axes in enumerate(figure.axes):
        assert f"k = {COURSE_9[i].k}, m = {COURSE_9[i].m} (" in axes.get_title()
        if i == 7:
            assert len(axes.collections) == 0
            continue
        (points,) = axes.collections
        expected = np.column_stack([true, error])[group == i]
        np.testing.assert_allclose(points.get_offsets(), expected)
        assert axes.get_ylabel() == "log2 height, predicted minus exact"
