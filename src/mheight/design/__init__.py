"""Good codes: found by search, kept in a catalogue, proved good by bounds."""

from mheight.catalogue.found import FoundCode, found_codes, read_found, write_found
from mheight.design.searching import SearchResult, search
from mheight.design.searching.improving import ImproveResult, Limits, improve

__all__ = [
    "FoundCode",
    "ImproveResult",
    "Limits",
    "SearchResult",
    "found_codes",
    "improve",
    "read_found",
    "search",
    "write_found",
]
