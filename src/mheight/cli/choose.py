"""`mheight choose`: which code for a task."""

from __future__ import annotations

import json
import math
from typing import Any

from mheight.cli.console import out
from mheight.cli.outlier_options import (
    DetectedOutliers,
    LocatedInOutputs,
    MostOutputs,
    Overhead,
    Ratio,
    WithCatalogue,
)
from mheight.cli.rendering import Format, Table, render
from mheight.cli.shared_options import JsonLines, TableForm
from mheight.errors import InvalidCodeError
from mheight.protection import Choice
from mheight.protection import choose as choices

__all__ = ["choose"]


def choose(
    ratio: Ratio = None,
    tau: LocatedInOutputs = 1,
    sigma: DetectedOutliers = 0,
    n: MostOutputs = None,
    overhead: Overhead = None,
    catalogue: WithCatalogue = False,
    form: TableForm = Format.TEXT,
    as_json: JsonLines = False,
) -> None:
    """Choose a code that finds outliers in analog products: what it costs and promises.

    Named codes and codes with repeated columns, the cheapest first; a dearer one is listed
    only where it catches smaller outliers.
    """
    found = choices(
        ratio=math.inf if ratio is None else ratio,
        tau=tau,
        sigma=sigma,
        n=n,
        overhead=math.inf if overhead is None else overhead,
        catalogue=catalogue,
    )
    if not found:
        raise InvalidCodeError(
            f"no named code does this: {2 * tau + sigma} heights must be finite and the last one "
            "small enough; allow a larger --ratio, --overhead or another --n"
        )
    if as_json:
        for choice in found:
            out(json.dumps(_values(choice)))
        return
    notes = [
        "Delta/delta: outliers from this many ordinary errors on are found; "
        "error: how far the corrected product may be off, in ordinary errors"
    ]
    header = ["code", "[n, k]", "n/k", f"h_{2 * tau + sigma}", "Delta/delta", "error"]
    title = f"locates {tau}, detects {sigma} more"
    out(render(Table(title, header, [_row(choice) for choice in found], notes), form))


def _values(choice: Choice) -> dict[str, Any]:
    return {
        "code": choice.name,
        "n": choice.code.n,
        "k": choice.code.k,
        "overhead": choice.overhead,
        "height": choice.height,
        "ratio": choice.ratio,
        "error": choice.error,
        "G": choice.code.G.tolist(),
    }


def _row(choice: Choice) -> list[str]:
    return [
        choice.name,
        f"[{choice.code.n}, {choice.code.k}]",
        f"{choice.overhead:.3g}",
        f"{choice.height:.6g}",
        f"{choice.ratio:.6g}",
        f"{choice.error:.6g}",
    ]
