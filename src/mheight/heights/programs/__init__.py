"""One height of a code of any length, by branch and bound on linear programs.

`branch_and_bound` is what others call, and `search` its state.  It starts with good sets of
dropped constraints (`dives`), searches the rest depth first (`tree`) by a warm-started simplex
method (`simplex`), and believes only what is proven in spite of rounding (`proven_bounds`, with
the matrix of `enclosure`).  `vertices` turns an optimal vertex into a certificate.
"""
