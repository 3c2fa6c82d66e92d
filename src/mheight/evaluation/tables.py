"""Scores, criteria and comparisons as text tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from mheight.evaluation.criteria import Criterion
from mheight.metrics import Scores
from mheight.tiers import Groups, Tier

__all__ = ["criteria_table", "render", "scores_table"]


def render(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A text table; columns of numbers are right-aligned, the others left-aligned.

    Args:
        title: printed above.
        header: names of the columns.
        rows: cells; an empty row leaves a gap.
    """
    table = Table(box=box.SIMPLE_HEAD)
    for i, name in enumerate(header):
        numbers = all(_is_number(row[i]) for row in rows if row)
        table.add_column(name, justify="right" if numbers else "left", no_wrap=True)
    for row in rows:
        if row:
            table.add_row(*row)
        else:
            table.add_section()
    buffer = StringIO()
    plain: Any = {"color_system": None, "force_terminal": False, "force_jupyter": False}
    Console(file=buffer, width=200, **plain).print(table)
    lines = [title, *buffer.getvalue().splitlines()]
    return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "") or "0")
    except ValueError:
        return cell == "-"
    return True


def scores_table(title: str, columns: Mapping[str, Scores], counts: bool = True) -> str:
    """log2-MSE by group, tier, overall and balanced, one column a set of scores.

    Args:
        title: printed above.
        columns: scores by column name.
        counts: whether to add the samples of each group of the first column.
    """
    scores = list(columns.values())
    first = scores[0]

    def row(name: str, values: Sequence[float | None], note: str, count: str = "") -> list[str]:
        shown = ["-" if value is None else f"{value:.4f}" for value in values]
        return [name, note, *shown, *([count] if counts else [])]

    groups = Groups.together(s.among for s in scores)
    rows: list[list[str]] = [
        row(name, [s.of(group) for s in scores], tier.value, str(first.count(group)))
        for group, name, tier in zip(groups, groups.names, groups.tiers, strict=True)
    ]
    rows.append([])
    tiers = [tier.value for tier in Tier if tier in groups.tiers]
    rows += [row(tier, [s.tiers[tier] for s in scores], "tier") for tier in tiers]
    rows.append(row("balanced", [s.balanced for s in scores], "mean of tiers"))
    total = str(sum(first.counts.values()))
    present = sum(count > 0 for count in first.counts.values())
    whole = present == len(first.among)
    note = "mean of groups" if whole else f"mean of {present} of {len(first.among)} groups"
    rows.append(row("overall", [s.overall for s in scores], note, total))
    header = ["log2-MSE", "", *columns, *(["samples"] if counts else [])]
    return render(title, header, rows)


def criteria_table(title: str, criteria: Sequence[Criterion]) -> str:
    """The criteria with pass or fail."""
    rows = []
    for one in criteria:
        verdict = {True: "pass", False: "fail", None: "not measured"}[one.passed]
        if one.remark:
            verdict += f" ({one.remark})"
        shown = "" if one.value is None else f"{one.value:.4f}"
        rows.append([one.name, one.wanted, shown, verdict])
    return render(title, ["criterion", "wanted", "measured", ""], rows)
