"""Matrices from what people have: typed and pasted text, streams, files.

`rows`, `latex` and `text` read what is typed or pasted; `lines`, `headers` and
`records` read CSV and the like; `objects` what JSON and pickles hold; `arrays` and `parquet`
binary files; `opening` unfolds; `files` chooses.  All hand on `blocks`, which
`mheight.codes.from_blocks` turns into codes; nothing here knows what a code is.
"""

from mheight.codes.numbers import number, shortened
from mheight.codes.reading.blocks import KINDS, Block, Kind, batch_length
from mheight.codes.reading.files import SUFFIXES, count_matrices, read_blocks, read_stream
from mheight.codes.reading.objects import is_sample, object_blocks
from mheight.codes.reading.text import parse_block, parse_blocks, parse_matrix

__all__ = [
    "KINDS",
    "SUFFIXES",
    "Block",
    "Kind",
    "batch_length",
    "count_matrices",
    "is_sample",
    "number",
    "object_blocks",
    "parse_block",
    "parse_blocks",
    "parse_matrix",
    "read_blocks",
    "read_stream",
    "shortened",
]
