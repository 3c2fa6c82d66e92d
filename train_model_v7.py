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
# Split first, then augment; group weights; a guard on the easy tier; the regularised
# residual network.  As a script:
#
#     python train_model_v7.py                               draws its 108,000 codes
#     python train_model_v7.py SAMPLES.pkl HEIGHTS.pkl       trains on course pickles
#     python train_model_v7.py --set training.epochs=20      overrides any key of runs/run7.toml
#
# It leaves `run_7/` and `best_model_run7.h5`.  Interrupted, the same command goes on.

# %% tags=["parameters"]
import sys

arguments = [] if "ipykernel" in sys.modules else sys.argv[1:]

# %%
import json
from argparse import ArgumentParser
from pathlib import Path

parser = ArgumentParser(description="Run 7, from data to report")
parser.add_argument("samples", nargs="?", help="file of samples [n, k, m, P]")
parser.add_argument("heights", nargs="?", help="file of heights")
parser.add_argument(
    "--set",
    dest="overrides",
    action="append",
    default=[],
    metavar="KEY=VALUE",
    help="override a key of runs/run7.toml; may be repeated",
)
parser.add_argument(
    "--output-root", type=Path, default=Path(), help="folder for run_7/ and best_model_run7.h5"
)
options = parser.parse_args(arguments)

files = {"data.path": options.samples, "data.labels": options.heights}
overrides = [
    f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in files.items() if value
] + options.overrides

# %% [markdown]
# The library does the rest: it loads or draws the originals, splits them by orbit,
# augments the training side alone, audits both sides, trains, and reports.

# %%
from mheight.cli.console import TrainingDisplay
from mheight.errors import MheightError
from mheight.experiments import load_config
from mheight.experiments.pipeline import run_experiment

here = Path(__file__).parent if "__file__" in globals() else Path()
try:
    config = load_config(here / "runs" / "run7.toml", overrides)
    with TrainingDisplay(config.training.epochs) as display:
        folder = run_experiment(
            config, options.output_root, resume=True, say=display.say, progress=display
        )
except (MheightError, OSError) as error:
    sys.exit(f"error: {error}")
except KeyboardInterrupt:
    sys.exit("interrupted; the same command goes on after the last whole epoch")

print(folder.report_text.read_text(encoding="utf-8"))
print(f"all files: {folder.path}/ and {folder.model_h5}")

# %% [markdown]
# The two pictures of the run, where there is a screen for them:

# %%
if "ipykernel" in sys.modules:
    from IPython.display import Image, display as show

    show(Image(folder.history_plot), Image(folder.scatter_plot))
