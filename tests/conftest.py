from __future__ import annotations

from hypothesis import settings
from material import course_codes, ds1, height_vectors, run7_originals, uniform4500, uniform_codes
from tiny import finished_run, finished_stream_run

__all__ = [
    "course_codes",
    "ds1",
    "finished_run",
    "finished_stream_run",
    "height_vectors",
    "run7_originals",
    "uniform4500",
    "uniform_codes",
]

# The same examples every time; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("repeatable")
