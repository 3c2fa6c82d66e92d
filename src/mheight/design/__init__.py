"""Good codes: found by search, kept in a catalogue, proved good by bounds."""

from mheight.design.found import FoundCode, found_codes, read_found, write_found

__all__ = ["FoundCode", "found_codes", "read_found", "write_found"]
