"""Reports of Run 2 and Run 6, so that Run 7 can be compared without training them first.

Each file is the `report.json` of a run with its configuration, seeds, versions and audit;
`python benchmarks/run7.py` trains the runs and copies their reports here.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from mheight.evaluation import RunReport

__all__ = ["BASELINES", "shipped_reports"]

BASELINES = ("run2", "run6")
"""Runs that Run 7 is compared with."""


def shipped_reports(name: str) -> list[RunReport]:
    """The shipped report of a run, marked as such, if there is one."""
    path = files("mheight.experiments.shipped") / f"{name}.json"
    if not path.is_file():
        return []
    return [replace(RunReport.from_json(path.read_bytes()), shipped=True)]
