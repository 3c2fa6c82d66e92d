from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch

import pytest
from tiny import ROOT

from mheight.errors import ConfigError
from mheight.experiments import config_toml, load_config
from mheight.experiments.config import RunConfig, StreamConfig, config_values
from mheight.experiments.settings_checks import all_keys
from mheight.tiers import COURSE_21

RUN7 = ROOT / "runs" / "run7.toml"

# Studies are of another format: a run, and what is varied in it.
RUNS = sorted({*(ROOT / "runs").glob("*.toml")} - {*(ROOT / "runs").glob("tune-*.toml")})


def test_the_runs_that_must_exist_do():
    assert {"quickstart", "run2", "run6", "run7", "run7-raw", "run8-stream"} <= {
        path.stem for path in RUNS
    }


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_every_run_is_valid_and_survives_a_round_trip(path, tmp_path):
    config = load_config(path)
    # At a small scale it is still Run 7.
    assert config.name == ("run7" if path.stem == "quickstart" else path.stem)
    copy = tmp_path / "config.toml"
    copy.write_text(config_toml(config), encoding="utf-8")
    assert load_config(copy) == config


def test_run7_is_the_default():
    # But for the average of the weights, which needs thousands of steps.
    run7 = load_config(ROOT / "runs" / "run7.toml", ["training.weight_average=0"])
    assert run7.model_dump(exclude={"description"}) == RunConfig().model_dump(
        exclude={"description"}
    )


PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
KNOBS = re.findall(r"`([^`]+)`", PAGE.split("## If a run falls short")[1].split("\n## ")[0])
"""What the table for runs that fall short names: keys, most with a value."""


def flat(values, before=""):
    """Every key of a configuration, `section.key`, with its value."""
    if not isinstance(values, dict):
        return {before: values}
    return {
        name: value
        for key, inner in values.items()
        for name, value in flat(inner, f"{before}.{key}".lstrip(".")).items()
    }


def test_the_table_of_knobs_is_read():
    assert len(KNOBS) == 12
    assert {knob.split("=")[0] for knob in KNOBS if knob.startswith("model.")} == {
        "model.dropout_factor", "model.l2", "model.capacity",
    }  # fmt: skip


@pytest.mark.parametrize("knob", KNOBS)
def test_every_item_of_the_troubleshooting_list_is_one_key(knob):
    key, _, value = knob.partition("=")
    plain = flat(config_values(load_config(RUN7)))
    assert [name for name in plain if fnmatch(name, key)]
    if value:
        changed = flat(config_values(load_config(RUN7, [knob])))
        assert {name for name in plain | changed if plain.get(name) != changed.get(name)} == {key}
        assert changed[key] == tomllib.loads(f"value = {value}")["value"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "training.epoch=3",
            r"unknown key 'training.epoch'; the nearest valid key is"
            r" 'training.epochs'",
        ),
        ("trainig.epochs=3", "unknown key 'trainig'; the nearest valid key is 'training'"),
        ("epochs=3", "unknown key 'epochs'; the nearest valid key is 'training.epochs'"),
        ("loss.weights.eazy=3", "the nearest valid key is 'loss.weights.easy'"),
        (
            "model.capacity=0.001",
            "encoder: a layer that is normalised needs a width of 2 or more, got 256 times the "
            "capacity 0.001",
        ),
        ("model.trunk=1", "trunk: a layer that is normalised needs a width of 2 or more, got 1"),
        ("training.epochs=0", "training.epochs: .* greater than or equal to 1, got 0"),
        (
            "model.name=transformer",
            "model.name must be one of 'residual', 'sets', 'relations', got 'transformer'",
        ),
        ("split.validation_fraction=1.0", "less than 1, got 1.0"),
        ("name=../up", "name: String should match pattern"),
        ("data.labels=y.pkl", "data.labels needs data.path"),
        ("seed=1\ntraining.epochs=3", "one override sets one key"),
        ("training.learning_rate=inf", "finite number"),
        ("criteria.overall=nan", "criteria.overall: Input should be a finite number"),
        ("criteria.gap_least=nan", "criteria.gap_least: Input should be a finite number"),
        ("criteria.hard=inf", "criteria.hard: Input should be a finite number"),
        ("training.weight_decay=nan", "training.weight_decay: Input should be a finite number"),
        ("model.l2=inf", "model.l2: Input should be a finite number"),
        ("training", "written section.key=value, got 'training'"),
        ("seed.x=1", "'seed' in 'seed.x=1' is a value, not a section"),
    ],
)
def test_a_wrong_override_is_explained(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(ROOT / "runs" / "run7.toml", [override])


def test_files_that_are_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_config(tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_config(broken)
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(broken)


STREAM = ROOT / "runs" / "run8-stream.toml"


@pytest.mark.parametrize(
    ("overrides", "left_out"),
    [
        (["split.validation_fraction=0.2"], "split"),
        (["split.protocol=augment-then-split"], "split"),
        (["augmentation.copies.hard=3"], "augmentation"),
        (["data.ensemble=uniform"], "data.ensemble"),
        (["data.per_group=10"], "data.per_group"),
        (["data.path=x.pkl"], "data.path"),
        (["data.path=x", "split.protocol=split-then-augment"], "data.path, split"),
    ],
)
def test_what_a_stream_has_no_use_for_is_refused(overrides, left_out):
    """Also where the value is the default: it would not be heeded."""
    message = f"codes are drawn afresh for every epoch: leave out {left_out}$"
    with pytest.raises(ConfigError, match=message):
        load_config(STREAM, overrides)


def test_without_a_stream_these_are_welcome(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text("[data]\nper_group = 10\n[split]\nvalidation_fraction = 0.2\n")
    assert load_config(file).stream is None
    with pytest.raises(ConfigError, match=r"leave out data\.per_group, split"):
        load_config(file, ["stream.per_group=5"])
    # A section of a stream with nothing in it is a stream.
    file.write_text("[stream]\n")
    assert load_config(file).stream == StreamConfig()


def test_the_seed_of_the_validation_sets_may_be_given():
    assert load_config(STREAM, ["data.seed=5"]).data.seed == 5


def test_a_resolved_stream_says_only_what_counts(tmp_path):
    config = load_config(STREAM, ["data.seed=5", "stream.exclude=['a.pkl', 'b']"])
    copy = tmp_path / "config.toml"
    copy.write_text(config_toml(config), encoding="utf-8")
    text = copy.read_text(encoding="utf-8")
    assert "[split]" not in text
    assert "[augmentation]" not in text
    again = load_config(copy)
    assert again == config
    assert again.stream.exclude == ("a.pkl", "b")
    assert again.stream.ensembles == ("course", "uniform", "normal", "searched")
    # And what was read back can be written again.
    assert config_toml(again) == text


def test_a_run_without_a_stream_writes_none():
    text = config_toml(load_config(ROOT / "runs" / "run7.toml"))
    assert "stream" not in text
    assert "[split]" in text


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("stream.ensembles=[]", r"stream.ensembles: .* at least 1 item"),
        ("stream.ensembles=['gauss']", r"stream.ensembles.0: .*, got 'gauss'"),
        ("stream.per_group=0", "stream.per_group: .* greater than or equal to 1, got 0"),
        ("stream.validation_per_group=9", "greater than or equal to 10, got 9"),
        ("stream.per_grup=4", "unknown key 'stream.per_grup'; the nearest valid key is"),
        ("stream.seed=4", "unknown key 'stream.seed'; the nearest valid key is 'seed'"),
        ("model.trunk=4", "unknown key 'model.trunk': the network 'relations' has no such key"),
        ("model.hiden=4", "unknown key 'model.hiden'; the nearest valid key is 'model.hidden'"),
        ("model.width=0", "model.width: .* greater than or equal to 1, got 0"),
        ("model.capacity=0.5", "unknown key 'model.capacity'"),
    ],
)
def test_a_wrong_key_of_a_stream_is_explained(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(STREAM, [override])


def test_keys_of_sections_that_may_be_missing_are_known():
    keys = all_keys(RunConfig)
    assert {f"stream.{name}" for name in StreamConfig.model_fields} <= set(keys)
    assert {"model.hidden", "model.pooled_width", "model.capacity"} <= set(keys)
    assert len(keys) == len(set(keys))


def test_groups_are_those_of_the_preset_or_the_list():
    assert load_config(RUN7).data.chosen_groups() is None
    config = load_config(RUN7, ["data.groups=course-21"])
    assert config.data.chosen_groups() == COURSE_21
    assert "groups" not in config_values(load_config(RUN7))["data"]
    listed = load_config(RUN7, ['data.groups=["9:4:2-5"]', 'data.tiers.hard=["9:4:2"]'])
    groups = listed.data.chosen_groups()
    assert [tier.value for tier in groups.tiers] == ["hard", "easy", "medium", "hard"]
    assert load_config(RUN7, ["data.groups=9:4:2-3 10:5:2"]).data.chosen_groups().texts == [
        "9:4:2-3",
        "10:5:2",
    ]
    assert f"{3 * 12_000:,} codes" in load_config(RUN7, ["data.groups=9:4:2-4"]).plan


@pytest.mark.parametrize("base", ["run7", "run8-stream"])
def test_groups_are_kept_with_the_run(tmp_path, base):
    overrides = ["data.groups=9:4:2-5", 'data.tiers.hard=["9:4:2"]']
    config = load_config(ROOT / "runs" / f"{base}.toml", overrides)
    (tmp_path / "config.toml").write_text(config_toml(config), encoding="utf-8")
    assert load_config(tmp_path / "config.toml") == config


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.groups=course-10"], r"data: groups are written n:k:m, .* got 'course-10'"),
        (["data.groups=9:4:7"], "data: a group n:k:m needs n <= 20"),
        (['data.tiers.hard=["9:4:2"]'], "data.tiers needs data.groups"),
        (["data.groups=9:4:2", 'data.tiers.hard=["9:4:3"]'], "the tier hard lists 9:4:3, which is"),
        (["data.groups=9:4:2", 'data.tiers.hrd=["9:4:2"]'], "unknown key 'data.tiers.hrd'"),
    ],
)
def test_groups_that_are_none(overrides, message):
    with pytest.raises(ConfigError, match=message):
        load_config(RUN7, overrides)
