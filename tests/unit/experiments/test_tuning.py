from __future__ import annotations

import csv
import json
from math import log10
from pathlib import Path

import pytest
from tiny import OVERRIDES, ROOT, Quiet

from mheight.errors import ConfigError, JobError, RunFolderError
from mheight.evaluation.study_plot import TrialPoint, plot_study
from mheight.experiments import PreparedData, load_config, study_results, tuning
from mheight.experiments.study_file import load_study
from mheight.experiments.study_folder import StudyFolder
from mheight.experiments.tuning_rounds import StudyRounds, trial_shard
from mheight.jobs import Part, ThisProcess, merge_jobs, open_job, read_job, run_job
from mheight.training.callbacks import EpochRecord
from mheight.training.fit import FitOutcome

SEARCH = """
"training.learning_rate" = {low = 1e-4, high = 1e-1, log = true}
"model.blocks" = {low = 0, high = 2, integer = true}
"model.head" = [[256, 128, 128], [128, 128, 100]]
"""


PREPARED: dict[str, PreparedData] = {}
real_prepare = tuning.prepare


def write_study(folder: Path, search: str = SEARCH, settings: str = "", base: str = "") -> Path:
    path = folder / "study.toml"
    path.write_text(
        f'base = "{base or ROOT / "runs" / "run7.toml"}"\n'
        f'[study]\nname = "tiny"\ntrials = 3\noverrides = {json.dumps(OVERRIDES)}\n'
        f"{settings}\n[search]\n{search}",
        encoding="utf-8",
    )
    return path


class Sink(Quiet):
    def trial_begins(self, epochs: int) -> None:
        self.trial_epochs = epochs


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a study whose trials need no network: the best learning rate is 1e-2.

    The keys of `ends` are positions of trials, counted over all runs; the values are exceptions
    to raise in their second epoch, or "diverged".
    """
    fits: list[float] = []
    lines: list[str] = []

    def fit(model, training, validation, *, config, listeners, folder, **_):
        assert list(folder.iterdir()) == []
        (folder / "state.npz").touch()
        number = len(fits)
        fits.append(config.learning_rate)
        badness = 1 + abs(log10(config.learning_rate) + 2)
        records = []
        for epoch in range(1, config.epochs + 1):
            listeners.progress.epoch_begins(epoch, 1)
            end = run.ends.get(number) if epoch == 2 else None
            if end is not None and end != "diverged":
                raise end
            value = float("nan") if end else badness / epoch
            records.append(EpochRecord(epoch, value, *[value] * 7, 1e-3, 0.0))
            listeners.keep_records(records)
            if end:
                return FitOutcome(tuple(records), epoch - 1, "diverged")
        return FitOutcome(tuple(records), config.epochs, "all epochs done")

    def prepare(config):
        key = config.augmentation.model_dump_json()
        if key not in PREPARED:
            PREPARED[key] = real_prepare(config)
        return PREPARED[key]

    monkeypatch.setattr(tuning, "fit", fit)
    monkeypatch.setattr(tuning, "prepare", prepare)
    monkeypatch.setattr(tuning, "build_model", lambda *_: None)
    plots: list[list[TrialPoint]] = []
    monkeypatch.setattr(study_results, "plot_study", lambda rows, *_: plots.append(rows))

    def run(path: Path, name: str = "out", **options):
        folder = StudyFolder(tmp_path / name)
        tuning.run_study(load_study(path), folder, say=lines.append, progress=Sink(), **options)
        with folder.trials.open(encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    run.ends = {}
    run.fits = fits
    run.lines = lines
    run.plots = plots
    return run


def parameters(rows):
    return [
        {key: value for key, value in row.items() if key not in ("number", "seconds")}
        for row in rows
        if row["state"] in ("complete", "pruned", "diverged")
    ]


def test_the_study_in_runs_is_valid():
    study = load_study(ROOT / "runs" / "tune-run8.toml")
    assert study.base.model.name == "sets"
    assert study.base.data.per_group == 600
    assert study.largest_batch == 1024


def test_a_study_leaves_its_results(run, tmp_path):
    rows = run(write_study(tmp_path), trials=8)
    assert [row["number"] for row in rows] == [str(i) for i in range(8)]
    folder = StudyFolder(tmp_path / "out")
    names = {path.name for path in folder.path.iterdir()}
    assert names == {
        *("study.toml", "base.toml", "study.db", "trials.csv"),
        *("best.toml", "study.json", ".lock"),
    }
    report = json.loads(folder.report.read_text(encoding="utf-8"))
    complete = [row for row in rows if row["state"] == "complete"]
    best = min(complete, key=lambda row: float(row["value"]))
    assert report["best"]["number"] == int(best["number"])
    assert report["best"]["value"] == float(best["value"])
    assert report["best"]["epoch"] == 3
    assert sum(report["importance"].values()) == pytest.approx(1.0)
    config = load_config(folder.best)
    assert config.name == "tiny-best"
    assert config.training.learning_rate == float(best["training.learning_rate"])
    assert list(config.model.head) == json.loads(best["model.head"])
    assert config.training.epochs == 3
    assert run.plots[-1][0].value == float(rows[0]["value"])
    plot_study(run.plots[-1], "val_overall", "tiny", tmp_path / "study.png")
    assert (tmp_path / "study.png").stat().st_size > 1000
    # The folder's own study file is whole, and means the same.
    assert load_study(folder.study).differences(load_study(write_study(tmp_path))) == []


def test_data_is_prepared_once_for_trials_that_share_it(run, tmp_path):
    run(write_study(tmp_path))
    assert sum(line.startswith("preparing data") for line in run.lines) == 1
    copies = '"augmentation.copies.hard" = [0, 1]\n"model.blocks" = [0, 1, 2]'
    rows = run(write_study(tmp_path, copies), "other", trials=6)
    different = {row["augmentation.copies.hard"] for row in rows}
    assert different == {"0", "1"}
    prepared = sum(line.startswith("preparing data") for line in run.lines)
    # Of the first study, of the base of the second (with 3 copies), and of its trials.
    assert prepared == 1 + 1 + len(different)


def test_a_bad_trial_is_pruned_after_the_warm_up(run, tmp_path):
    rows = run(
        write_study(tmp_path, settings="pruning = {warmup_epochs = 1, startup_trials = 1}"),
        trials=8,
    )
    pruned = [row for row in rows if row["state"] == "pruned"]
    assert pruned
    complete = [float(row["training.learning_rate"]) for row in rows if row["state"] == "complete"]
    for row in pruned:
        rate = float(row["training.learning_rate"])
        badness = 1 + abs(log10(rate) + 2)
        assert float(row["value"]) == pytest.approx(badness / 2)
        assert any(abs(log10(rate) + 2) > abs(log10(other) + 2) for other in complete)
    assert any("pruned" in line and "after epoch 2" in line for line in run.lines)


def test_nothing_is_pruned_where_pruning_is_off(run, tmp_path):
    rows = run(
        write_study(tmp_path, settings="pruning = {enabled = false, startup_trials = 1}"),
        trials=8,
    )
    assert {row["state"] for row in rows} == {"complete"}


def test_a_diverged_trial_is_recorded_and_the_study_goes_on(run, tmp_path):
    run.ends = {1: "diverged"}
    rows = run(write_study(tmp_path))
    assert [row["state"] for row in rows] == ["complete", "diverged", "complete"]


def test_an_interrupted_study_goes_on_as_if_it_never_was(run, tmp_path):
    path = write_study(tmp_path, settings="pruning = {warmup_epochs = 0, startup_trials = 2}")
    whole = run(path, "whole", trials=6)
    start = len(run.fits)
    run.ends = {start + 1: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        run(path, trials=6)
    with StudyFolder(tmp_path / "out").trials.open(encoding="utf-8") as stream:
        assert [row["state"] for row in csv.DictReader(stream)][-1] == "interrupted"
    assert not StudyFolder(tmp_path / "out").work.exists()
    with pytest.raises(RunFolderError, match="exists already; add --resume"):
        run(path)
    rows = run(path, trials=6)
    assert len(rows) == 7
    assert rows[1]["state"] == "interrupted"
    assert parameters(rows) == parameters(whole)


def test_a_killed_trial_is_replaced(run, tmp_path, monkeypatch):
    path = write_study(tmp_path)
    whole = run(path, "whole")

    class KilledError(BaseException):
        """No chance to say anything, as after a kill."""

    def killed(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("optuna.trial.Trial.set_user_attr", killed)
        with pytest.raises(KilledError):
            run(path)
    rows = run(path, resume=True)
    assert "trial 0 was cut off and is replaced" in run.lines
    assert rows[0]["state"] == "interrupted"
    assert parameters(rows) == parameters(whole)


def test_more_trials_go_on_and_fewer_train_nothing(run, tmp_path):
    path = write_study(tmp_path)
    run(path)
    assert len(run(path, trials=5)) == 5
    assert len(run.fits) == 5
    assert len(run(path, resume=True)) == 5
    assert len(run.fits) == 5


def test_another_study_is_refused(run, tmp_path):
    run(write_study(tmp_path))
    with pytest.raises(RunFolderError, match=r"different: study.seed \(0 there, 1 asked for\)"):
        run(write_study(tmp_path, settings="seed = 1"), resume=True)
    other = SEARCH.replace("high = 2", "high = 3")
    with pytest.raises(RunFolderError, match=r"different: search 'model.blocks' \("):
        run(write_study(tmp_path, other), resume=True)
    with pytest.raises(RunFolderError, match=r"different: search 'model.trunk' \(None there"):
        run(write_study(tmp_path, SEARCH + '"model.trunk" = [128]'), resume=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunFolderError, match="is no study folder"):
        run(write_study(tmp_path), "empty", resume=True)
    (tmp_path / "out" / "study.db").write_text("no data base, but long enough to be looked at")
    with pytest.raises(RunFolderError, match=r"study.db: not readable as a study"):
        run(write_study(tmp_path), resume=True)


def test_a_batch_larger_than_the_data_leaves_nothing(run, tmp_path):
    path = write_study(tmp_path, '"training.batch_size" = [16, 100000]')
    with pytest.raises(ConfigError, match=r"batch_size must not exceed .* got 100000"):
        run(path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ('"model.blok" = [1]', "unknown key 'model.blok'; the nearest valid key is 'model.blocks'"),
        ('"learning_rate" = [1e-3]', "the nearest valid key is 'training.learning_rate'"),
        ("model.blocks = [1, 2]", "unknown key 'model'.*keys are quoted"),
        ('"model.pooled_width" = [64]', "the network 'residual' has no such key"),
        ('"model.blocks" = [1, -1]', "greater than or equal to 0, got -1"),
        (
            '"model.trunk" = {low = 100, high = 164}',
            "valid integer.*; integer = true makes it whole",
        ),
        ('"model.trunk" = {low = 8, hihg = 64}', "unknown key 'hihg'; the nearest .* 'high'"),
        ('"model.trunk" = {low = 8}', "model.trunk: high is missing"),
        ('"model.l2" = {low = 0, high = 1, log = true}', "with log, low must be greater than 0"),
        ('"model.l2" = {low = 1, high = 1}', "low must be less than high, got 1 and 1"),
        ('"model.l2" = {low = 0, high = 1, step = 0.3}', "high must be low plus a multiple"),
        ('"model.trunk" = {low = 8.5, high = 9, integer = true}', "must be whole numbers"),
        ('"model.l2" = [0.1, 0.1]', "a choice is there twice"),
        ('"model.l2" = 0.1', "a list of choices or a table with low and high is needed, got 0.1"),
        ('"model.l2" = []', "a list of choices or a table"),
        ('"data.seed" = [1, 2]', "not to be searched"),
        ('"seed" = [1, 2]', "not to be searched"),
        ('"split.protocol" = ["augment-then-split"]', "not to be searched"),
        ("", "must name at least one key"),
    ],
)
def test_a_wrong_search_is_explained(tmp_path, search, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write_study(tmp_path, search))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("trails = 3", "unknown key 'study.trails'; the nearest valid key is 'study.trials'"),
        ("pruning = {warmup = 3}", "nearest valid key is 'study.pruning.warmup_epochs'"),
        ('metric = "val_loss"', "study.metric: .*'val_overall'.*got 'val_loss'"),
        ("seed = -1", "study.seed: .*greater than or equal to 0"),
    ],
)
def test_a_wrong_setting_is_explained(tmp_path, settings, message):
    with pytest.raises(ConfigError, match=message):
        load_study(write_study(tmp_path, settings=settings))


def test_files_that_are_no_study(tmp_path):
    with pytest.raises(ConfigError, match="no such study file"):
        load_study(tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_study(write_study(tmp_path, base="missing.toml"))
    with pytest.raises(ConfigError, match="goes by clean validation alone"):
        load_study(write_study(tmp_path, base=str(ROOT / "runs" / "run6.toml")))
    path = write_study(tmp_path)
    path.write_text("base = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_study(path)
    path.write_text('base = "run7.toml"')
    with pytest.raises(ConfigError, match="study is missing; search is missing"):
        load_study(path)


ROUNDS = "round = 3\npruning = {warmup_epochs = 0, startup_trials = 2}"


class Backwards(ThisProcess):
    """Another order, as workers of different speed have it."""

    def kept(self, tasks, job):
        return super().kept(reversed(list(tasks)), job)


def in_rounds(path, folder, trials=7, part=None, place=None):
    """As the command does it; the report, or None where trials of a round are missing."""
    rounds = StudyRounds(load_study(path), trials)
    job = open_job(folder, "tune", rounds.parameters, ".json", repeatable=False)
    while True:
        tasks = rounds.tasks(job)
        outcome = run_job(job, tasks, place or ThisProcess(), part, are_all=False)
        if not outcome.is_complete:
            return None
        if len(tasks) == trials:
            return rounds.report(job, StudyFolder(folder))


def shards(folder):
    return {path.name: path.read_bytes() for path in (folder / "shards").iterdir()}


def test_rounds_come_to_the_same_whoever_trains_them(run, tmp_path):
    path = write_study(tmp_path, settings=ROUNDS)
    report = in_rounds(path, tmp_path / "whole")
    expected = shards(tmp_path / "whole")
    assert len(expected) == 7
    results = [json.loads(content) for _, content in sorted(expected.items())]
    assert {one["state"] for one in results} == {"complete", "pruned"}
    assert len({one["parameters"]["training.learning_rate"] for one in results}) == 7
    best = min((one for one in results if one["value"] is not None), key=lambda one: one["value"])
    assert report.best.value == best["value"]
    assert report.best.number == best["number"]
    assert load_config(tmp_path / "whole" / "best.toml").training.epochs == 3
    trained = len(run.fits)
    in_rounds(path, tmp_path / "back", place=Backwards())
    assert shards(tmp_path / "back") == expected
    assert len(run.fits) == 2 * trained
    # Parts that know nothing of each other add up round by round.
    parts = [tmp_path / "a", tmp_path / "b"]
    for _ in range(3):
        for i, folder in enumerate(parts):
            in_rounds(path, folder, part=Part(i, 2))
        for folder in parts:
            merge_jobs(parts, folder)
    assert shards(tmp_path / "a") == shards(tmp_path / "b") == expected
    assert in_rounds(path, tmp_path / "a").best == report.best
    assert len(run.fits) == 3 * trained
    assert read_job(tmp_path / "a").shards == 7


def test_rounds_that_were_interrupted_go_on_and_more_trials_too(run, tmp_path):
    path = write_study(tmp_path, settings=ROUNDS)
    in_rounds(path, tmp_path / "whole")
    run.ends = {len(run.fits) + 2: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        in_rounds(path, tmp_path / "out", 5)
    assert len(shards(tmp_path / "out")) == 2
    in_rounds(path, tmp_path / "out", 5)
    in_rounds(path, tmp_path / "out", 7)
    assert shards(tmp_path / "out") == shards(tmp_path / "whole")
    trained = len(run.fits)
    assert sum(in_rounds(path, tmp_path / "out", 2).trials.values()) == 2
    assert len(run.fits) == trained


def test_what_does_not_follow_from_the_rounds_before_is_refused(run, tmp_path):
    path, folder = write_study(tmp_path, settings=ROUNDS), tmp_path / "out"
    in_rounds(path, folder)
    job = read_job(folder)
    first = job.require_complete()[0]
    changed = json.loads(first.read_bytes()) | {"epochs": {}}
    first.unlink()
    job.keep(job.shard(0, {"trial": 0}), json.dumps(changed).encode())
    with pytest.raises(JobError, match="trial 3 was drawn after other results than those here"):
        in_rounds(path, folder)
    with pytest.raises(JobError, match=r"holds another job: study\.seed 0 there, 1 asked for"):
        in_rounds(write_study(tmp_path, settings=ROUNDS + "\nseed = 1"), folder)
    study = load_study(path)
    with pytest.raises(JobError, match=r"a worker has optuna .*; optuna None"):
        trial_shard(study, [], "", 0, {})
    job.keep(job.shard(9, {"trial": 9}), b"[]")
    with pytest.raises(JobError, match="not the result of a trial"):
        StudyRounds(study, 12).tasks(read_job(folder))
