from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mheight.datasets import data_job, ensembles, generate
from mheight.datasets.data_job import DataJob
from mheight.datasets.ensembles import EnsembleName
from mheight.jobs import Part, ThisProcess, merge_jobs, open_job, run_job
from mheight.tiers import Groups

FEW = Groups.parse(["9:5:4", "7:3:2-3"])


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensembles, "_CHUNK", 64)
    monkeypatch.setattr(ensembles, "_SEARCH_CHUNK", 16)
    monkeypatch.setattr(ensembles, "_SEARCH_STEPS", 5)
    monkeypatch.setattr(data_job, "_MOST_BATCHES", 2)


def finished(work: DataJob, path: Path) -> None:
    job = open_job(path, "data", work.parameters, ".npz")
    run_job(job, work.first_tasks(job), ThisProcess(), are_all=False)
    while more := work.more_tasks(job):
        run_job(job, more, ThisProcess(), are_all=False)


@pytest.mark.parametrize("ensemble", ["uniform", "course", "normal", "searched"])
@pytest.mark.parametrize("per_group", [1, 150])
def test_shards_have_the_samples_of_generate(
    ensemble: EnsembleName, per_group: int, tmp_path: Path
) -> None:
    work = DataJob(ensemble, per_group, 5, FEW)
    finished(work, tmp_path / "job")
    # And once more, with all shards there.
    finished(work, tmp_path / "job")
    job = open_job(tmp_path / "job", "data", work.parameters, ".npz")
    found, expected = work.gathered(job), generate(ensemble, per_group, 5, groups=FEW)
    assert found.provenance == expected.provenance
    for name in ("k", "m", "parity", "heights", "sample_id"):
        np.testing.assert_array_equal(
            getattr(found.samples, name), getattr(expected.samples, name), err_msg=name
        )


def test_parts_add_up_and_more_is_drawn_where_heights_are_infinite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_job, "_SPARE", 0.3)  # too few at first
    work = DataJob("course", 300, 1, FEW)
    for i in range(2):
        job = open_job(tmp_path / f"part{i}", "data", work.parameters, ".npz")
        run_job(job, work.first_tasks(job), ThisProcess(), Part(i, 2), are_all=False)
    merge_jobs([tmp_path / "part0", tmp_path / "part1"], tmp_path / "job")
    job = open_job(tmp_path / "job", "data", work.parameters, ".npz")
    first = len(job.numbers())
    assert work.more_tasks(job)
    finished(work, tmp_path / "job")
    job = open_job(tmp_path / "job", "data", work.parameters, ".npz")
    assert len(job.numbers()) > first
    found, expected = work.gathered(job), generate("course", 300, 1, groups=FEW)
    np.testing.assert_array_equal(found.samples.labels, expected.samples.labels)
    assert found.provenance == expected.provenance
