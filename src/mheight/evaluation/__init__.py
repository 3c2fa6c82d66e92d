"""Criteria, reports, comparisons, plots."""

from mheight.evaluation.criteria import CriteriaConfig, Criterion, judge
from mheight.evaluation.report_texts import comparison_text, report_text
from mheight.evaluation.run_report import RunReport
from mheight.evaluation.tables import criteria_table, render, scores_table

__all__ = [
    "CriteriaConfig",
    "Criterion",
    "RunReport",
    "comparison_text",
    "criteria_table",
    "judge",
    "render",
    "report_text",
    "scores_table",
]
