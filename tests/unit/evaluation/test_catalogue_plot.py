"""The picture of the catalogue: every height and bound stands where its numbers say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from mheight.catalogue import shipped
from mheight.evaluation import catalogue_plot
from mheight.evaluation.catalogue_plot import PUBLIC_RECORDS, plot_catalogue


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures as they are made."""
    kept: list[Figure] = []

    def made(**how: object) -> Figure:
        kept.append(Figure(**how))  # type: ignore[arg-type]
        return kept[-1]

    monkeypatch.setattr(catalogue_plot, "Figure", made)
    return kept


def test_the_picture(tmp_path: Path, figures: list[Figure]) -> None:
    entries = {key: entry for key, entry in shipped().entries.items() if entry.n <= 10}
    path = tmp_path / "catalogue.png"
    plot_catalogue(list(entries.values()), path)
    assert path.read_bytes().startswith(b"\x89PNG")
    (figure,) = figures
    assert figure.get_suptitle() == "The least heights known, and what no code can beat"
    for redundancy, axes in zip(range(2, 8), figure.axes, strict=True):
        assert axes.get_title() == f"n - k = {redundancy}"
        assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()) == ("n", "height", "log")
        drawn = {str(line.get_label()): line.get_xydata() for line in axes.get_lines()}
        wanted: dict[str, list[tuple[int, float]]] = {}
        for m in {2, redundancy}:
            keys = [(n, n - redundancy, m) for n in range(redundancy + 2, 11)]
            for kind in ("real", "integer"):
                wanted[f"$h_{m}$, {kind}"] = [(k[0], entries[*k, kind].number) for k in keys]
            wanted[f"$h_{m}$, no code below"] = [
                (key[0], entries[*key, "real"].bound.number) for key in keys
            ]
        public = [(n, h) for (n, k, _), h in PUBLIC_RECORDS.items() if n - k == redundancy]
        if public:
            wanted["public record"] = public
        assert drawn.keys() == wanted.keys()
        for label, points in wanted.items():
            np.testing.assert_array_equal(drawn[label], points, label)
        legend = axes.get_legend()
        assert legend is not None
        assert {text.get_text() for text in legend.get_texts()} == wanted.keys()


def test_records_of_others_are_drawn_where_they_are_given(
    tmp_path: Path, figures: list[Figure]
) -> None:
    entries = [entry for entry in shipped().entries.values() if entry.n <= 10]
    plot_catalogue(entries, tmp_path / "x.png", {(9, 4, 5): 30.0})
    panels = [
        [line.get_xydata().tolist() for line in axes.get_lines() if line.get_label() == "public "
         "record"]
        for axes in figures[0].axes
    ]  # fmt: skip
    assert panels == [[], [], [], [[[9.0, 30.0]]], [], []]
