from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from mheight import exact_profile
from mheight.cli import heights_job, predict_job
from mheight.cli.interrupting import INTERRUPTED
from mheight.datasets import ExactHeights, Samples


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of 40 codes of n = 9."""
    monkeypatch.setattr(heights_job, "_MOST_CODES", 40)


def codes(path: Path, count: int = 100) -> Path:
    rng = np.random.default_rng(5)
    np.save(path, rng.integers(-9, 10, (count, 4, 5)))
    return path


def tree(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@pytest.mark.usefixtures("small_shards")
def test_a_folder_has_the_rows_of_a_file(mheight, tmp_path: Path) -> None:
    path = codes(tmp_path / "codes.npy")
    status, out, _ = mheight("heights", path, "-P", "-o", tmp_path / "out")
    assert status == 0
    assert "100 codes, 500 heights" in out
    assert out.rstrip().endswith("in 3 shards")
    assert mheight("heights", path, "-P", "-o", tmp_path / "plain.parquet")[0] == 0
    assert mheight("merge", tmp_path / "out", "-o", tmp_path / "one.parquet")[0] == 0
    assert mheight("merge", tmp_path / "out", "-o", tmp_path / "one.csv")[0] == 0
    plain = pq.read_table(tmp_path / "plain.parquet")
    assert pq.read_table(tmp_path / "one.parquet").equals(plain)
    assert pq.read_table(tmp_path / "out" / "shards").equals(plain)
    assert mheight("heights", path, "-P", "-o", tmp_path / "plain.csv")[0] == 0
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "plain.csv").read_text()


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".npz"])
@pytest.mark.parametrize("more", [(), ("--witness",), ("--exact", "-m", "2"), ("--capability",)])
def test_other_kinds_of_files_and_questions(
    mheight, tmp_path: Path, ending: str, more: tuple[str, ...]
) -> None:
    P = np.load(codes(tmp_path / "codes.npy", 90 if ending == ".npz" else 41))
    path = tmp_path / f"codes{ending}"
    if ending == ".jsonl":
        path.write_text("".join(f'{{"P": {one.tolist()}}}\n' for one in P))
    elif ending == ".csv":
        rows = ["\n".join(",".join(map(str, row)) for row in one) for one in P.tolist()]
        path.write_text("\n\n".join(rows) + "\n")
    else:
        np.savez(path, P=P)
    assert mheight("heights", path, "-P", *more, "-o", tmp_path / "out")[0] == 0
    assert mheight("heights", path, "-P", *more, "-o", tmp_path / "plain.parquet")[0] == 0
    assert mheight("merge", tmp_path / "out", "-o", tmp_path / "one.parquet")[0] == 0
    plain, one = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("plain", "one"))
    assert one.equals(plain)


@pytest.mark.usefixtures("small_shards")
def test_parts_and_what_is_missing(mheight, fails, tmp_path: Path) -> None:
    path = codes(tmp_path / "codes.npy")
    whole = tmp_path / "whole"
    mheight("heights", path, "-P", "-o", whole)
    for i in range(2):
        status, out, _ = mheight(
            "heights", path, "-P", "-o", tmp_path / f"part{i}", "--shard", f"{i}/2"
        )
        assert status == 0
        assert f"{2 - i} of 3 are there" in out
    assert "2 of 3 shards are there" in fails(
        "merge", tmp_path / "part0", "-o", tmp_path / "x.parquet"
    )
    # The same command without --shard makes what is missing.
    assert mheight("heights", path, "-P", "-o", tmp_path / "part1")[0] == 0
    assert mheight("merge", tmp_path / "part0", tmp_path / "part1", "-o", tmp_path / "all")[0] == 0
    assert tree(tmp_path / "all") == tree(tmp_path / "part1") == tree(whole)


def test_what_is_refused(fails, tmp_path: Path) -> None:
    path = codes(tmp_path / "codes.npy", 5)
    out = tmp_path / "out"
    for arguments, message in (
        (("-o", out, "--shard", "2/2"), "parts count from 0"),
        (("-o", out, "--shard", "two"), "a part is i/N"),
        (("-o", out, "--cluster", "nowhere"), "a cluster is local:N, tcp://host:port"),
        (("-o", out, "--cluster", "tcp://127.0.0.1:1"), "no scheduler answers at tcp://127.0.0.1:1"),
        (("-o", out, "--cluster", tmp_path / "no.json"), "no such file; dask scheduler"),
        (("-o", out.with_suffix(".csv"), "--shard", "0/2"), "shards go into a folder"),
        (("--shard", "0/2",), "shards go into a folder"),
    ):  # fmt: skip
        assert message in fails("heights", path, "-P", *arguments)
    assert "made from a file" in fails("heights", "1 0 1; 0 1 1", "-o", out)
    assert "no such file" in fails("heights", tmp_path / "none.npy", "-o", out)
    (tmp_path / "bad.npy").write_bytes(path.read_bytes()[:-8])
    line = fails("heights", tmp_path / "bad.npy", "-P", "-o", tmp_path / "other")
    assert f"{tmp_path / 'bad.npy'}: can't be read (an array of shape (5, 4, 5)" in line
    assert "has 800 bytes, got 792" in line
    np.save(tmp_path / "empty.npy", np.zeros((0, 4, 5)))
    assert "at least one matrix" in fails("heights", tmp_path / "empty.npy", "-o", tmp_path / "e")


def test_a_bad_matrix_is_named_by_its_number(fails, tmp_path: Path, small_shards: None) -> None:
    G = np.tile(np.eye(2, 4), (90, 1, 1))
    G[83] = 1.0
    np.save(tmp_path / "codes.npy", G)
    message = fails("heights", tmp_path / "codes.npy", "-o", tmp_path / "out")
    assert "matrix 83: the rows of G must be independent" in message


def test_folders_of_other_jobs_and_changed_shards(mheight, fails, tmp_path: Path) -> None:
    path, out = codes(tmp_path / "codes.npy", 5), tmp_path / "out"
    mheight("heights", path, "-P", "-o", out)
    assert "holds another job: m null there, 2 asked for" in fails(
        "heights", path, "-P", "-m", 2, "-o", out
    )
    other = codes(tmp_path / "others.npy", 6)
    assert "holds another job: input" in fails("heights", other, "-P", "-o", out)
    mheight("heights", other, "-P", "-o", tmp_path / "out2")
    assert "different jobs" in fails("merge", out, tmp_path / "out2", "-o", tmp_path / "all")
    shard = next((out / "shards").iterdir())
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    for arguments in (("heights", path, "-P", "-o", out), ("merge", out, "-o", tmp_path / "all")):
        assert "changed since it was written (its SHA-256" in fails(*arguments)
    assert "no job is there" in fails("merge", tmp_path, "-o", tmp_path / "all")
    assert "exists already and holds no job" in fails("heights", path, "-P", "-o", tmp_path)


def test_predictions_go_on(mheight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, output = codes(tmp_path / "codes.npy", 30), tmp_path / "out.csv"
    command = ("predict", path, "-P", "-m", 2, "-o")
    assert mheight(*command, tmp_path / "plain.csv")[0] == 0
    plain = (tmp_path / "plain.csv").read_bytes()
    monkeypatch.setattr("mheight.codes.reading.objects.batch_length", lambda _: 8)
    monkeypatch.setattr("mheight.codes.from_blocks.batch_length", lambda _: 8)
    made = []
    usual = predict_job.predict_shard

    def stopped(
        samples: Samples,
        first: int,
        asked: predict_job.Asked,
        exact: ExactHeights | None = None,
    ) -> bytes:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(first)
        return usual(samples, first, asked, exact)

    monkeypatch.setattr(predict_job, "predict_shard", stopped)
    assert mheight(*command, output)[0] == INTERRUPTED
    assert not output.exists()
    assert len(list((tmp_path / "out.csv.job" / "shards").iterdir())) == 2
    monkeypatch.setattr(predict_job, "predict_shard", usual)
    status, out, _ = mheight(*command, output, "--shard", "1/2")
    assert status == 0
    assert "part 1/2 is done, 1 shards made; 3 of 4 are there" in out
    assert not output.exists()
    assert mheight(*command, output)[0] == 0
    assert output.read_bytes() == plain
    assert not (tmp_path / "out.csv.job").exists()


def test_a_data_set_in_shards(mheight, tmp_path: Path) -> None:
    command = ("data", "make", "--per-group", 30, "--seed", 3, "-o")
    assert mheight(*command, tmp_path / "plain")[0] == 0
    for i in range(2):
        status, out, _ = mheight(*command, tmp_path / "data", "--shard", f"{i}/2")
        assert status == 0
    assert "9 of 9 are there" in out
    assert mheight(*command, tmp_path / "data")[0] == 0
    assert tree(tmp_path / "data") == tree(tmp_path / "plain")
    assert not (tmp_path / "data.job").exists()


def test_restarts_of_a_search(mheight, fails, tmp_path: Path) -> None:
    command = ("design", 8, 4, 3, "--members", "anneal", "--entries", "integer", "--rounds", 1)
    assert "needs --state FOLDER" in fails(*command, "--restarts", 2)
    assert "--restarts COUNT makes many" in fails(*command, "--shard", "0/2")
    state = tmp_path / "state"
    for i in range(2):
        status, out, _ = mheight(*command, "--restarts", 2, "--state", state, "--shard", f"{i}/2")
        assert (status, f"{i + 1} of 2 are there" in out) == (0, True)
    kept = tree(state)
    assert len([name for name in kept if name.startswith("shards/")]) == 2
    status, out, _ = mheight(*command, "--restarts", 2, "--state", state, "--json")
    found = json.loads(out)
    assert status == 0
    assert tree(state) == kept  # nothing is searched for again
    # The better of the two restarts: here the second.
    restarts = [json.loads(kept[name]) for name in sorted(kept) if name.startswith("shards/")]
    assert [one["seed"] for one in restarts] == [0, 1]
    heights = [exact_profile(one["matrix"])[2] for one in restarts]
    assert heights[1] < heights[0]
    assert found["matrix"] == restarts[1]["matrix"]
    assert found["exact"] == str(heights[1])
