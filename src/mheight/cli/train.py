"""`mheight train`: one run, from configuration to report."""

from __future__ import annotations

from pathlib import Path

from mheight.cli.console import TrainingDisplay, out, say
from mheight.cli.interrupting import Interrupted
from mheight.cli.run_options import (
    CompareWith,
    ConfigFile,
    OutputRoot,
    Overrides,
    ReportOnly,
    Resume,
)
from mheight.experiments import RunFolder, load_config

__all__ = ["train"]


def train(
    file: ConfigFile,
    overrides: Overrides = None,
    output_root: OutputRoot = Path(),
    resume: Resume = False,
    report_only: ReportOnly = False,
    compare_with: CompareWith = None,
) -> None:
    """Train a network as a configuration says, and report.

    The data is made or read, split, augmented and audited first.  Ctrl-C stops after
    the last whole epoch; --resume goes on to the same result.
    """
    config = load_config(file, overrides or [])
    # What can be refused is refused before the slow libraries load.
    folder = RunFolder.of(output_root, config.name)
    folder.check(config, resume, report_only)
    say("loading Keras and JAX")
    from mheight.experiments.pipeline import run_experiment

    try:
        with TrainingDisplay(config.training.epochs) as display:
            folder = run_experiment(
                config,
                output_root,
                resume=resume,
                report_only=report_only,
                compare_with=compare_with or [],
                say=display.say,
                progress=display,
            )
    except KeyboardInterrupt:
        remark = folder.how_to_go_on("the same command with --resume goes on")
        raise Interrupted(remark) from None
    out(folder.report_text.read_text(encoding="utf-8"))
    out("Files:")
    for path in folder.results:
        out(f"  {path}")
