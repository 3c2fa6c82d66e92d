"""The search for codes with small heights: each method by name, and all of them together."""

from mheight.design.searching.members import MEMBERS, Candidate, Task
from mheight.design.searching.search import Improvement, SearchResult, search

__all__ = ["MEMBERS", "Candidate", "Improvement", "SearchResult", "Task", "search"]
