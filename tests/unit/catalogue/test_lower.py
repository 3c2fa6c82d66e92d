"""Lower bounds follow from each other."""

from __future__ import annotations

from mheight.catalogue.lower import bound_table


def test_bounds_follow_from_each_other() -> None:
    table = bound_table(9)
    value = {key: bound.number for key, bound in table.items()}
    for (n, k, m), low in value.items():
        if k > 1:
            assert low >= value[n, k - 1, m] * (1 - 1e-9)
        if (n - 1, k, m - 1) in value:
            assert low >= value[n - 1, k, m - 1] * (1 - 1e-9)
