from __future__ import annotations

from pathlib import Path

from mheight.catalogue import shipped
from mheight.evaluation.catalogue_plot import plot_catalogue


def test_the_picture(tmp_path: Path) -> None:
    entries = [entry for entry in shipped().entries.values() if entry.n <= 10]
    path = tmp_path / "catalogue.png"
    plot_catalogue(entries, path)
    assert path.read_bytes().startswith(b"\x89PNG")
