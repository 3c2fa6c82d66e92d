from __future__ import annotations

from pathlib import Path

import pytest

from mheight.design.searching.restarts import Restarts
from mheight.design.searching.search import search
from mheight.errors import JobError
from mheight.jobs import Part, ThisProcess, merge_jobs, open_job, run_job


def test_restarts_are_searches_of_their_seeds_and_add_up(tmp_path: Path) -> None:
    work = Restarts(((5, 2, 2), (4, 2, 1)), 2, 7, "integer", 9, None, 1, ("anneal",), False)
    whole = open_job(tmp_path / "whole", "design", work.parameters, ".json")
    run_job(whole, work.tasks(whole), ThisProcess())
    for i in range(2):
        part = open_job(tmp_path / f"part{i}", "design", work.parameters, ".json")
        run_job(part, work.tasks(part), ThisProcess(), Part(i, 2))
    merged = merge_jobs([tmp_path / "part1", tmp_path / "part0"], tmp_path / "all").job
    assert {p.name: p.read_bytes() for p in merged.folder.iterdir()} == {
        p.name: p.read_bytes() for p in whole.folder.iterdir()
    }
    for (n, k, m), result in zip(work.sizes, work.best(merged), strict=True):
        alone = [
            search(n, k, m, entries="integer", bound=9, rounds=1, seed=seed, members=["anneal"])
            for seed in (7, 8)
        ]
        assert result.height == min(one.height for one in alone)
        assert result.found is not None
        assert result.found.seed == min(alone, key=lambda one: one.height).seed
        assert result.rounds == sum(one.rounds for one in alone)


@pytest.mark.parametrize("text", ["[]", "{", '{"size": [5, 2], "seed": 7}', '{"size": [5, 2, 2]}'])
def test_a_shard_that_holds_something_else_is_refused(tmp_path: Path, text: str) -> None:
    work = Restarts(((5, 2, 2),), 1, 7, "integer", 9, None, 1, ("anneal",), False)
    job = open_job(tmp_path, "design", work.parameters, ".json")
    (task,) = work.tasks(job)
    job.keep(task.shard, text.encode())
    job.complete(1)
    with pytest.raises(JobError, match="not the result of a search"):
        work.best(job)
