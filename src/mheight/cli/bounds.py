"""`mheight bounds`: what no [n, k] code can beat."""

from __future__ import annotations

import json
import math

from mheight.cli.console import out
from mheight.cli.rendering import Format, Table, render
from mheight.cli.shared_options import OnlyHeight, TableForm
from mheight.cli.theory_options import Dimension, Every, JsonNotTable, Length
from mheight.heights import Bound, best_lower_bound, lower_bounds

__all__ = ["bounds"]


def bounds(
    n: Length,
    k: Dimension,
    m: OnlyHeight = None,
    every: Every = False,
    form: TableForm = Format.TEXT,
    as_json: JsonNotTable = False,
) -> None:
    """Show lower bounds on the heights of every [n, k] code, and where they are proved.

    Beside each stands the ratio Delta/delta that any code needs for 2 located + detected = m.
    """
    known = lower_bounds(n, k)
    if m is not None:
        best_lower_bound(n, k, m)  # says what is wrong with m
    wanted = [bound for bound in known if m in (None, bound.m)]
    if not every:
        orders = sorted({bound.m for bound in wanted})
        wanted = [best_lower_bound(n, k, order) for order in orders]
    if as_json:
        out(json.dumps({"n": n, "k": k, "bounds": [_plain(bound) for bound in wanted]}))
        return
    finite = [bound for bound in wanted if math.isfinite(bound.value)]
    notes = []
    if infinite := [bound for bound in wanted if not math.isfinite(bound.value)]:
        first, last = infinite[0], infinite[-1]
        which = f"h_{first.m}" if first is last else f"h_{first.m} ... h_{last.m}"
        notes = [f"{which}: infinite for every [{n}, {k}] code ({first.source})"]
    rows = [
        [str(b.m), f"{b.value:.12g}", f"{2 * (b.value + 1):.12g}", b.statement, b.source]
        for b in finite
    ]
    header = ["m", "at least", "Delta/delta", "bound", "source"]
    title = f"heights of every [{n}, {k}] code"
    out(render(Table(title, header, rows, notes), form))


def _plain(bound: Bound) -> dict[str, object]:
    return {
        "m": bound.m,
        "value": bound.value if math.isfinite(bound.value) else None,
        "infinite": math.isinf(bound.value),
        "statement": bound.statement,
        "source": bound.source,
    }
