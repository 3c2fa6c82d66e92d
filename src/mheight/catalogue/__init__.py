"""Good codes: constructions, rules from codes to codes, and the catalogue of the best known."""

from mheight.catalogue.checking import Fault, check_catalogue
from mheight.catalogue.entries import Catalogue, CodeRecord, Entry, LowerBound
from mheight.catalogue.exact_code import ExactCode
from mheight.catalogue.files import read_catalogue, shipped
from mheight.catalogue.lookup import best_code
from mheight.catalogue.submitting import Judgement, judge_submission

__all__ = [
    "Catalogue",
    "CodeRecord",
    "Entry",
    "ExactCode",
    "Fault",
    "Judgement",
    "LowerBound",
    "best_code",
    "check_catalogue",
    "judge_submission",
    "read_catalogue",
    "shipped",
]
