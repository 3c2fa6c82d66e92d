# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Run 7: predicting m-heights without data leakage
#
# Split first, then augment; group weights; a guard on the easy tier; a regularised residual
# network.  As a script:
#
#     python train_model_v7.py                               draws its 108,000 codes
#     python train_model_v7.py SAMPLES.pkl HEIGHTS.pkl       trains on course pickles
#     python train_model_v7.py --set training.epochs=20      overrides any key of runs/run7.toml
#
# In full it trains for up to an hour on two cores, and says how long after its first steps.
# **For a run of a few minutes** take `runs/quickstart.toml` in the next cell (as a script:
# `--config runs/quickstart.toml`).  It leaves `run_7/` and `best_model_run7.h5`; interrupted,
# the same command, or running all cells again, goes on after the last whole epoch.

# %% tags=["parameters"]
configuration = "runs/run7.toml"  # or "runs/quickstart.toml", the same at a small scale
samples, heights = None, None  # files to train on, such as course pickles; None: codes are drawn
overrides = []  # keys to change, such as ["training.epochs=4", "data.per_group=1000"]
output_root = "."  # where run_7/ and best_model_run7.h5 go

# %% [markdown]
# As a script, the same parameters come from the command line.

# %%
import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from mheight.cli.console import TrainingDisplay, errors_in_one_line, say
from mheight.experiments import RunFolder, load_config

in_notebook = "ipykernel" in sys.modules
if not in_notebook:
    parser = ArgumentParser(description="Run 7, from data to report")
    parser.add_argument("samples", nargs="?", help="file of samples [n, k, m, P]")
    parser.add_argument("heights", nargs="?", help="file of heights")
    parser.add_argument("--config", help="a run configuration instead of runs/run7.toml")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a key; repeatable"
    )
    parser.add_argument("--output-root", default=".", help="folder for what the run leaves")
    options = parser.parse_args()
    samples, heights, overrides = options.samples, options.heights, options.set
    configuration = options.config or Path(__file__).parent / configuration
    output_root = options.output_root
    errors_in_one_line()

files = {"data.path": samples, "data.labels": heights}
overrides = [
    *(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in files.items() if value),
    *overrides,
]
config = load_config(configuration, overrides)
folder = RunFolder.of(output_root, config.name)
folder.check(config, resume=True)  # a run of another configuration is not overwritten
say(config.plan)

# %% [markdown]
# ## Load
# 12,000 codes of each of the nine groups (k, m), drawn from an ensemble, with exact heights; or
# the pickles, whose labels are checked against exact heights.

# %%
from mheight.experiments import load_originals

originals = load_originals(config.data)

# %% [markdown]
# ## Split
# Before anything else, 15 % of each group are set aside for validation.  Equivalent codes have
# the same heights though their P may share no entry, so all of them go to one side.

# %%
from mheight.experiments import split_originals

split = split_originals(originals, config)

# %% [markdown]
# ## Augment
# The training side alone gets copies, more of the hard groups: 5 % noise on each entry of P, and
# the exact height of the code that comes out.  (Keeping the label of the original would be wrong.)

# %%
from mheight.experiments import augment_training

training = augment_training(split.training, config)

# %% [markdown]
# ## Features
# What the network reads of a code.  Where there are statistics to fit, they are fitted on the
# training originals.

# %%
from mheight.experiments import fit_features

features = fit_features(training, config)

# %% [markdown]
# ## Audit
# Both sides as they are, before the first epoch: equal rows, equivalent codes, parents of copies,
# labels, statistics.  One finding ends the run here.

# %%
from mheight.experiments import audited

data = audited(originals, split, training, features)
for line in data.lines():
    say(line)

# %% [markdown]
# ## Build
# An encoder for the features; then Dense 1024, two residual blocks of two Dense 1024, and Dense
# 512, 256, 128, with LayerNorm, dropout and an L2 penalty on every kernel.

# %%
from mheight.models import build_model

model = build_model(config.model, features.shapes, features.groups, config.seed)
say(f"network: {config.model.name}, {model.count_params():,} parameters")

# %% [markdown]
# ## Fit, evaluate, save
# Easy, medium and hard weigh 3, 1.5 and 1 in the loss.  After each epoch the tiers are measured on
# clean validation, the rate decays, and everything needed to go on is written.  The best weights
# are then measured on both sides, without dropout, against the six criteria.

# %%
from mheight.experiments.pipeline import comparable
from mheight.experiments.steps import (
    conclude,
    evaluate_network,
    save_results,
    train_network,
    underway,
)

with (
    underway(folder, config, data) as to_do,
    TrainingDisplay(config.training.epochs, folder) as display,
):
    if to_do:  # not if the run is finished already
        outcome = train_network(model, config, data, folder, say=display.say, progress=display)
        if outcome.best_epoch:
            evaluation = evaluate_network(model, config, data, folder, outcome)
            others = comparable(folder)  # Run 2 and Run 6, to stand beside
            save_results(model, config, data, folder, outcome, evaluation, others)
        conclude(folder, outcome)

# %% [markdown]
# ## The report

# %%
print(folder.report_text.read_text(encoding="utf-8"))
print(f"all files: {folder.path}/ and {folder.model_h5}")

# %%
if in_notebook:
    from IPython.display import Image, display as show

    show(Image(folder.history_plot), Image(folder.scatter_plot))
