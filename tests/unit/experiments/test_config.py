from __future__ import annotations

import pytest
from tiny import ROOT

from mheight.errors import ConfigError
from mheight.experiments import config_toml, load_config
from mheight.experiments.config import RunConfig

RUNS = sorted((ROOT / "runs").glob("*.toml"))


def test_the_runs_that_must_exist_do():
    assert {"quickstart", "run2", "run6", "run7"} <= {path.stem for path in RUNS}


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_every_run_is_valid_and_survives_a_round_trip(path, tmp_path):
    config = load_config(path)
    assert config.name == path.stem
    copy = tmp_path / "config.toml"
    copy.write_text(config_toml(config), encoding="utf-8")
    assert load_config(copy) == config


def test_run7_is_the_default():
    run7 = load_config(ROOT / "runs" / "run7.toml")
    assert run7.model_dump(exclude={"description"}) == RunConfig().model_dump(
        exclude={"description"}
    )


@pytest.mark.parametrize(
    "override",
    [
        "loss.weights.easy=4.0",
        "tier_guard.easy_threshold=0.12",
        "augmentation.copies.hard=2",
        "model.dropout_factor=1.5",
        "model.l2=3e-4",
        "model.capacity=0.5",
        "training.learning_rate=3e-4",
        "training.clipnorm=0.5",
        "training.stop_on_nan=false",
    ],
)
def test_every_item_of_the_troubleshooting_list_is_one_key(override):
    plain, changed = (
        load_config(ROOT / "runs" / "run7.toml", overrides).model_dump()
        for overrides in ([], [override])
    )
    assert plain != changed


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
        ("training.epochs=0", "training.epochs: .* greater than or equal to 1, got 0"),
        (
            "model.name=transformer",
            "model.name must be one of 'residual', 'sets', got 'transformer'",
        ),
        ("split.validation_fraction=1.0", "less than 1, got 1.0"),
        ("name=../up", "name: String should match pattern"),
        ("data.labels=y.pkl", "data.labels needs data.path"),
        ("seed=1\ntraining.epochs=3", "one override sets one key"),
        ("training.learning_rate=inf", "finite number"),
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
