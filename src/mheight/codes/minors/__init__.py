"""Absolute maximal minors |det G_B|, by kernels: of many codes at once, eight to a vector.

`batches` is what others call; `expansion` does the mathematics, `rounding` says which minors
count as zero, `subsets` numbers sets of columns, and `lanes` is the vector type of the kernels.
"""

from mheight.codes.minors.batches import absolute_minors

__all__ = ["absolute_minors"]
