"""Criteria, reports, comparisons, plots."""

from mheight.evaluation.criteria import CriteriaConfig, Criterion, judge
from mheight.evaluation.report import comparison_text, report_text
from mheight.evaluation.tables import criteria_table, render, scores_table

__all__ = [
    "CriteriaConfig",
    "Criterion",
    "comparison_text",
    "criteria_table",
    "judge",
    "render",
    "report_text",
    "scores_table",
]
