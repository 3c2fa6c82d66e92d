"""Builds the catalogue from nothing: constructions, random integers, the closure, certificates.

    python benchmarks/catalogue.py FOLDER [--seconds 0.3] [--longest 16]

What searches found is merged afterwards: `mheight table --merge FOUND -o FOLDER`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from mheight.catalogue.building import built, start
from mheight.catalogue.files import write_catalogue
from mheight.catalogue.seeds import offer_random_integers
from mheight.cli.console import errors_in_one_line


def main() -> None:
    """Build, and say how long each step took."""
    errors_in_one_line()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=0.3, help="random integers, for each m")
    parser.add_argument("--longest", type=int, default=16)
    parser.add_argument("--date", default=time.strftime("%Y-%m-%d"))
    asked = parser.parse_args()
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

    best = start(asked.longest, say)
    say(f"{len(best.best)} heights; closure")
    best.close()
    say(f"{len(best.best)} heights; random integers")
    for n in range(3, asked.longest + 1):
        for k in range(1, n):
            offer_random_integers(best, n, k, np.random.default_rng([1, n, k]), asked.seconds)
        say(f"n = {n}")
    best.close()
    say(f"{len(best.best)} heights; certificates")
    catalogue = None
    for longest in range(2, asked.longest + 1):
        catalogue = built(best, asked.date, catalogue, longest=longest)
        write_catalogue(catalogue, asked.folder)
        say(f"{len(catalogue.entries)} entries up to n = {longest} in {asked.folder}")


if __name__ == "__main__":
    main()
