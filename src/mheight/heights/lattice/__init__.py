"""All heights of a code from its minors, by one sweep over the lattice of sets of columns.

`tables` states the formula and lays it out for batches of one [n, k]; `batches` runs it on
eight codes side by side, `one_code` on one code with sets as bits (`one_code_minors` expands
its minors, `bits` steps through sets), `integers` in exact integers.
"""
