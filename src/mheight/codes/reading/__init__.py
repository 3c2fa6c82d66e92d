"""Codes from what people have: typed and pasted matrices, streams, files."""

from mheight.codes.reading.blocks import KINDS, Block, Kind, batch_length
from mheight.codes.reading.codes import (
    CodeBatch,
    batches,
    parse_code,
    rational_codes,
    read_codes,
)
from mheight.codes.reading.files import SUFFIXES, count_matrices, read_blocks, read_stream
from mheight.codes.reading.text import number, parse_matrix, shortened

__all__ = [
    "KINDS",
    "SUFFIXES",
    "Block",
    "CodeBatch",
    "Kind",
    "batch_length",
    "batches",
    "count_matrices",
    "number",
    "parse_code",
    "parse_matrix",
    "rational_codes",
    "read_blocks",
    "read_codes",
    "read_stream",
    "shortened",
]
