"""Parquet files looked through before Arrow reads them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mheight.codes.reading import read_blocks
from mheight.datasets import read_any_samples, read_parquet
from mheight.datasets.reading import read_labels
from mheight.errors import InvalidCodeError, InvalidDataError
from mheight.parquet import ParquetReader, reader
from mheight.parquet.reader import plain_values
from mheight.parquet.thrift import read_struct, written
from mheight.protection.word_files import read_words

TABLE = {
    "G": [[[1, 0, 1.5], [0, 1, 2]], [[1, 2, 3], [4, 5, 6]], [], [[1.0]], [[2.0, 3.0]]],
    "k": [2, 2, 0, None, 1],
    "s": ["abc", "d", None, "abc", ""],
    "d": [True, False, True, None, True],
}


def content_of(columns: Any, **how: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **how)
    return stream.getvalue()


def lists(lengths: list[int]) -> pa.Array:
    """Lists of zeros, which take next to nothing in a file."""
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(np.zeros(ends[-1])))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"compression": "none"},
        {"compression": "zstd", "use_dictionary": False},
        {"compression": "gzip", "data_page_version": "2.0"},
        {"version": "1.0", "row_group_size": 2},
        {"data_page_size": 16, "write_page_index": True},
    ],
)
def test_what_is_written_is_read(how: dict[str, Any]) -> None:
    with ParquetReader(content_of(TABLE, **how)) as file:
        assert file.names == list(TABLE)
        assert file.rows == 5
        found: dict[str, list[Any]] = {name: [] for name in TABLE}
        for batch in file.batches(file.names, 2):
            assert batch.num_rows <= 2
            for name in TABLE:
                found[name] += plain_values(batch.column(name))
    assert found == TABLE


def test_a_footer_is_written_anew() -> None:
    content = content_of(TABLE)
    length = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - length : -8]
    fields, end = read_struct(footer, 0, 10_000)
    assert end == length
    assert read_struct(written(fields), 0, 10_000) == (fields, len(written(fields)))
    # Statistics and embedded schemas are not handed on.
    assert b"ARROW:schema" in content
    with ParquetReader(content) as file:
        assert file._file.metadata.metadata is None
        assert not file._file.metadata.row_group(0).column(0).is_stats_set


@pytest.mark.parametrize("edit", [b"n\xff", b"\x80\x80"])
def test_names_that_are_not_utf_8(tmp_path: Path, edit: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content_of({"nn": [1], "k": [1]}).replace(b"nn", edit))
    with pytest.raises(InvalidDataError, match="text in UTF-8 is needed"):
        read_any_samples(path)
    with pytest.raises(InvalidCodeError, match="text in UTF-8 is needed"):
        list(read_blocks(path))


def test_a_column_that_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    schema = pa.schema([("n", pa.int64()), ("n", pa.int64())])
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], schema=schema), path)
    for read in (read_any_samples, read_parquet, read_labels):
        with pytest.raises(InvalidDataError, match="a name of its own, got n twice"):
            read(path)
    with pytest.raises(InvalidCodeError, match="a name of its own, got n twice"):
        list(read_blocks(path))
    with pytest.raises(InvalidDataError, match="a name of its own, got n twice"):
        list(read_words(path, 2))


@pytest.fixture
def handed_on(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each batch that Arrow made."""
    rows, real = [], reader._next

    def counted(batches: Any) -> Any:
        batch = real(batches)
        rows.append(0 if batch is None else batch.num_rows)
        return batch

    monkeypatch.setattr(reader, "_next", counted)
    return rows


def test_one_row_of_millions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handed_on: list[int]
) -> None:
    """A file of 1 kB that would take gigabytes: refused before Arrow makes any of it."""
    path = tmp_path / "x.parquet"
    row = {"n": [9], "k": [4], "m": [2], "P": lists([6_000_000])}
    path.write_bytes(content_of(row, compression="zstd"))
    assert path.stat().st_size < 5000
    for read in (read_any_samples, read_parquet):
        with pytest.raises(InvalidDataError, match=r"6,000,000 numbers in 1 rows, far more"):
            read(path)
    path.write_bytes(content_of({"P": lists([6_000_000]), "n": [9], "k": [4]}))
    with pytest.raises(InvalidCodeError, match=r"6,000,000 numbers in 1 rows, far more"):
        list(read_blocks(path))
    # Not held back by rows that hold nothing.
    monkeypatch.setattr("mheight.parquet.reader._MOST_LISTED", 1_000_000)
    path.write_bytes(content_of({"w": lists([*[0] * 999, 2_000_000])}, row_group_size=1000))
    with pytest.raises(InvalidDataError, match=r"at most 1,000,000 are read; write smaller"):
        list(read_words(path, 6))
    assert handed_on == []


def test_millions_of_empty_rows_end_at_the_first(tmp_path: Path, handed_on: list[int]) -> None:
    path = tmp_path / "x.parquet"
    many = 200_000
    columns: dict[str, Any] = {
        name: pa.array(np.full(many, value)) for name, value in zip("nkm", (9, 4, 2), strict=True)
    }
    path.write_bytes(content_of({**columns, "P": lists([0] * many)}, row_group_size=many))
    for read in (read_any_samples, read_parquet):
        with pytest.raises(InvalidDataError, match=r"sample 0: P must"):
            read(path)
        assert len(handed_on) == 1
        assert handed_on.pop() <= 2**14


def test_a_text_that_comes_a_million_times_is_kept_once() -> None:
    long = "x" * 100_000
    with ParquetReader(content_of({"s": [long] * 500})) as file:
        (batch,) = file.batches(["s"], 500)
        values = plain_values(batch.column("s"))
    assert len({id(value) for value in values}) == 1


def test_damaged_footers_say_so() -> None:
    content = content_of(TABLE)
    length = int.from_bytes(content[-8:-4], "little")
    for damaged, message in (
        (content[:-4], "does not begin and end"),
        (b"PAR1", "does not begin and end"),
        (content[: -8 - length] + content[-8:], "cut short"),
        (content[:-8] + (2**31).to_bytes(4, "little") + b"PAR1", "cut short"),
        (content[:-8] + (length + 1).to_bytes(4, "little") + b"PAR1", "its metadata are damaged"),
        (b"PAR1" + b"\x19" * 40 + (40).to_bytes(4, "little") + b"PAR1", "its metadata are damaged"),
        (b"PAR1" + b"\x1c" * 40 + (40).to_bytes(4, "little") + b"PAR1", "nested too deeply"),
        (b"PAR1" + b"\0" + (1).to_bytes(4, "little") + b"PAR1", "missing or of another kind"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            ParquetReader(damaged)
        assert "\n" not in str(caught.value)


def test_labels_are_read_by_their_column(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content_of({"name": ["a", "b"], "height": [2, 3], "P": [[1], [2]]}))
    assert read_labels(path).of([], 0) == []
    assert list(read_labels(path).ordered or ()) == [2.0, 3.0]
    path.write_bytes(content_of({"height": [2.0, None]}))
    with pytest.raises(InvalidDataError, match="sample 1: height is missing"):
        read_labels(path)


def test_every_changed_byte_of_the_values_is_refused_or_harmless() -> None:
    """Among them the places of texts in a dictionary, which Arrow takes as they come.

    What is harmless holds as many values, each none or a text no longer than those there were.
    """
    texts = ["1 2; 3 4", "5 6; 7 8", "1 0; 3 4"] * 3
    content = content_of({"P": texts, "k": [2] * 9}, compression="none", use_dictionary=True)
    end = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0).total_byte_size + 4
    said, same, other = [], 0, 0
    for at in range(4, end):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(content)
            changed[at] ^= flip
            found: list[Any] = []
            try:
                with ParquetReader(bytes(changed)) as file:
                    for batch in file.batches(["P"], 10):
                        found += plain_values(batch.column("P"))
            except ValueError as error:
                said.append(str(error))
                continue
            assert len(found) == 9
            assert all(text is None or len(text) <= 8 for text in found), found
            same, other = same + (found == texts), other + (found != texts)
    assert any("Dictionary indices invalid" in one for one in said), set(said)
    assert min(len(said), same, other) > 20
