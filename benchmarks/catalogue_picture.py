"""Draws the catalogue: heights against n for each redundancy.

python benchmarks/catalogue_picture.py docs/images/catalogue.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from mheight.catalogue import shipped
from mheight.cli.console import errors_in_one_line
from mheight.evaluation.catalogue_plot import plot_catalogue

if __name__ == "__main__":
    errors_in_one_line()
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/catalogue.png")
    plot_catalogue(list(shipped().entries.values()), target)
    print(target)
