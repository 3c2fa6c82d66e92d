from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from mheight.codes import LinearCode
from mheight.datasets import Samples, exact_heights, sample_files, save_dataset, write_parquet
from mheight.datasets.sample_files import count_samples, sample_blocks
from mheight.errors import InvalidCodeError, InvalidDataError

HEADER = "n,k,m," + ",".join(f"p{i}" for i in range(20))


@pytest.fixture
def samples(course_codes: Samples) -> Samples:
    return course_codes.take(np.arange(0, 360, 12))


def rows(samples: Samples) -> list[list]:
    return [
        [9, int(samples.k[i]), int(samples.m[i]), samples.matrix(i).tolist()]
        for i in range(len(samples))
    ]


def csv_text(samples: Samples, mark: str = ",", heights: bool = False) -> str:
    lines = [HEADER + (",height" if heights else "")]
    for i in range(len(samples)):
        entries = [repr(float(x)) for x in samples.parity[i]]
        if samples.k[i] == 6:
            entries[18:] = ["", ""]
        cells = ["9", str(samples.k[i]), str(samples.m[i]), *entries]
        cells += [repr(float(samples.labels[i]))] if heights else []
        lines.append(",".join(cells))
    return "\n".join(lines).replace(",", mark) + "\n"


def read(path: Path, **options) -> Samples:
    return Samples.concatenate(list(sample_blocks(path, **options)))


def same(found: Samples, expected: Samples) -> None:
    np.testing.assert_array_equal(found.k, expected.k)
    np.testing.assert_array_equal(found.m, expected.m)
    np.testing.assert_array_equal(found.parity, expected.parity)


@pytest.mark.parametrize(
    "name", ["x.pkl", "x.parquet", "x.csv", "x.json", "objects.json", "x.jsonl", "folder"]
)
def test_every_kind_gives_the_same_samples(tmp_path, samples, name, monkeypatch):
    monkeypatch.setattr(sample_files, "_ROWS", 7)  # several blocks
    path = tmp_path / name
    objects = [dict(zip(("n", "k", "m", "P"), row, strict=True)) for row in rows(samples)]
    if name == "x.pkl":
        path.write_bytes(pickle.dumps(rows(samples)))
    elif name == "x.parquet":
        write_parquet(samples, path)
    elif name == "x.csv":
        path.write_text(csv_text(samples))
    elif name == "x.json":
        path.write_text(json.dumps(rows(samples)))
    elif name == "objects.json":
        path.write_text(json.dumps(objects))
    elif name == "x.jsonl":
        path.write_text("\n\n".join(json.dumps(one) for one in objects))
    else:
        save_dataset(samples, {}, path)
    blocks = list(sample_blocks(path))
    assert [len(block) for block in blocks] == [7, 7, 7, 7, 2]
    same(Samples.concatenate(blocks), samples)
    if name not in ("x.parquet", "folder"):  # these keep numbers of their own
        assert Samples.concatenate(blocks).sample_id.tolist() == list(range(30))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("before", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_as_programs_write_it(tmp_path, samples, mark, before, end):
    path = tmp_path / "x.csv"
    text = csv_text(samples, mark, heights=True).replace("\n", end)
    path.write_bytes((before + text).encode())
    found = read(path)
    same(found, samples)
    np.testing.assert_array_equal(found.labels, samples.labels)


def test_heights_come_along(tmp_path, samples):
    write_parquet(samples, tmp_path / "x.parquet")
    np.testing.assert_array_equal(read(tmp_path / "x.parquet").labels, samples.labels)
    assert count_samples(tmp_path / "x.parquet") == 30
    objects = [
        {"n": n, "k": k, "m": m, "P": P, "height": height}
        for (n, k, m, P), height in zip(rows(samples), samples.labels.tolist(), strict=True)
    ]
    (tmp_path / "x.json").write_text(json.dumps(objects))
    np.testing.assert_array_equal(read(tmp_path / "x.json").labels, samples.labels)
    # One without: that is said, not taken for none at all.
    del objects[3]["height"]
    (tmp_path / "x.json").write_text(json.dumps(objects))
    with pytest.raises(InvalidDataError, match="sample 3: its height is missing, and other"):
        read(tmp_path / "x.json")


def test_one_sample_alone(tmp_path, samples):
    path, entries = tmp_path / "x.json", list(range(20))
    for text in (json.dumps(rows(samples)[0]), f'{{"n":9,"k":4,"m":2,"P":{entries}}}'):
        path.write_text(text)
        assert len(read(path)) == 1


def test_matrices_alone_take_every_m_of_their_groups(tmp_path):
    rng = np.random.default_rng(0)
    generators = rng.normal(size=(3, 5, 9))
    np.save(tmp_path / "g.npy", generators)
    found = read(tmp_path / "g.npy")
    assert found.sample_id.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert found.m.tolist() == [2, 3, 4] * 3
    for i in (0, 4, 8):
        exact = LinearCode(generators[i // 3])
        from mheight.heights import height_profile

        np.testing.assert_allclose(
            exact_heights(found)[i], height_profile(exact.G)[found.m[i] - 1], rtol=1e-9
        )
    assert read(tmp_path / "g.npy", m=3).m.tolist() == [3, 3, 3]
    # The first columns of this one are no information set.
    singular = generators[0].copy()
    singular[:, 1] = singular[:, 0]
    np.save(tmp_path / "s.npy", singular)
    assert np.isfinite(read(tmp_path / "s.npy").parity).all()
    parity = rng.normal(size=(4, 5))
    (tmp_path / "p.json").write_text(json.dumps(parity.tolist()))
    np.testing.assert_array_equal(
        read(tmp_path / "p.json", kind="P", m=2).parity[0], parity.ravel()
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", HEADER, "at least one sample is needed, got none"),
        ("x.csv", HEADER + "\n9,4,2,1,2", "sample 0: 23 cells are needed, got 5"),
        ("x.csv", HEADER + "\n9,4,2," + ",".join("a" * 20), "p0 must be a number, got 'a'"),
        ("x.csv", HEADER + "\n9,4,2," + ",".join(["nan"] * 20), "P must be finite"),
        ("x.csv", HEADER + "\n9,4.5,2," + ",".join("1" * 20), "k must be an integer, got 4.5"),
        ("x.csv", HEADER + "\n9,6,2," + ",".join("1" * 20), r"P must have shape \(k, n-k\)"),
        ("x.csv", HEADER + ",p0\n", "every column needs a name of its own"),
        ("x.csv", "n,k,m,p0\n9,4,2,1", r"P must have shape \(k, n-k\) = \(4, 5\), got 1 entries"),
        ("x.csv", HEADER + "\n\n9", "line 2: got an empty line"),
        ("x.json", "[]", "at least one matrix is needed, got none"),
        ("x.json", "7", "a list of matrices is needed, got int"),
        ("x.json", "{", "no JSON"),
        ("x.json", "[" * 100_000, "no JSON"),
        ("x.json", '[{"m": 2, "P": [[1]]}]', r"m must lie in 1..n-1 = 1..1, got 2"),
        ("x.json", "[[9, 4, 2, [[1]]]]", r"sample 0: P must have shape .* got \(1, 1\)"),
        ("x.json", '[[9, 4, 2, [["a"]]]]', "P must be an array of numbers"),
        ("x.jsonl", '[9, 4, 2, [1]]\n{"n', "line 2: no JSON"),
        ("x.xls", "\0\0", "neither a pickle nor anything else that is known"),
        ("x.csv", "", "samples are needed, got an empty file"),
        ("x.pkl", "", "samples are needed, got an empty file"),
        ("x.parquet", "PAR1", "not a readable Parquet file"),
        ("x.json", "[[1, 0, 1], [0, 1, 1]]", r"matrix 0: a code \[3, 2\] is not one of the groups"),
    ],
)
def test_bad_input_is_told_in_one_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises((InvalidDataError, InvalidCodeError), match=message):
        list(sample_blocks(path))


def test_text_in_another_encoding(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(HEADER.encode() + b"\n9,4,2,\xff\n")
    with pytest.raises(InvalidDataError, match="text in UTF-8 is needed"):
        list(sample_blocks(path))


def test_m_and_kind_are_for_matrices_alone(tmp_path, samples):
    path = tmp_path / "x.csv"
    path.write_text(csv_text(samples))
    with pytest.raises(InvalidDataError, match="these samples say themselves what m and P are"):
        list(sample_blocks(path, m=2))


def test_nothing_there(tmp_path):
    with pytest.raises(InvalidDataError, match="no such file or folder"):
        list(sample_blocks(tmp_path / "x.csv"))
