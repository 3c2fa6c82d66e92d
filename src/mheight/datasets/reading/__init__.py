"""Samples and heights as people have them: files of every kind, names, nestings."""

from mheight.datasets.reading.labels import Labels, read_labels
from mheight.datasets.reading.rows import Row, sized
from mheight.datasets.reading.sources import SUFFIXES, Source

__all__ = ["SUFFIXES", "Labels", "Row", "Source", "read_labels", "sized"]
