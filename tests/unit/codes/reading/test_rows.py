from __future__ import annotations

from mheight.codes.reading.rows import cells_of


def test_an_empty_cell_before_a_tab_is_a_cell() -> None:
    assert cells_of(["\t1\t2", " 3\t4\t5 "]).rows == [["", "1", "2"], ["3", "4", "5"]]
