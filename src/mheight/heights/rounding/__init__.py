"""What rounding can do to heights: what settles a doubt, and what counts as zero."""
