"""The main job: prepare, build, fit, evaluate, report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mheight.errors import RunFolderError
from mheight.evaluation import RunReport
from mheight.experiments.config import RunConfig
from mheight.experiments.intervals import recalibrate
from mheight.experiments.preparation import prepare
from mheight.experiments.run_folder import RunFolder
from mheight.experiments.shipped import BASELINES, shipped_reports
from mheight.experiments.steps import (
    conclude,
    evaluate_network,
    save_results,
    train_network,
    underway,
)
from mheight.models import build_model
from mheight.training.callbacks import ProgressSink

__all__ = ["comparable", "run_experiment"]


def run_experiment(
    config: RunConfig,
    root: Path,
    *,
    resume: bool = False,
    report_only: bool = False,
    compare_with: Sequence[Path] = (),
    say: Callable[[str], None] = print,
    progress: ProgressSink,
) -> RunFolder:
    """Train and report one run.

    Args:
        config: what to do.
        root: folder in which the run folder and the `.h5` model are made.
        resume: go on with an existing folder of the same configuration.
        report_only: report on the best weights of an interrupted run so far, without
            training; the run can still be resumed.  Of a finished run the intervals are made
            anew from the predictions it kept.
        compare_with: folders of finished runs for `detailed_comparison.txt`; run_2 and
            run_6 beside the run folder are added when they are there.
        say: receives lines for the console.
        progress: receives steps.

    Returns:
        The run folder, with all files written.

    Raises:
        MheightError: bad data, a leak, a folder in the way, or a loss that became NaN.
        KeyboardInterrupt: training was interrupted; `resume` goes on.
    """
    folder = RunFolder.of(root, config.name)
    state = folder.check(config, resume, report_only)
    if state is None and report_only:
        raise RunFolderError(f"{folder.path}: there is no run to report on")
    others = comparable(folder, compare_with)
    if state == "finished":
        if report_only:
            held = recalibrate(folder, config.seed).overall
            share = "an unknown share, as there are no rows," if held is None else f"{held:.3f}"
            say(
                f"intervals made anew from {folder.predictions.name}: they hold {share} "
                "of the other half of validation"
            )
        return _left_alone(folder, say)
    say(config.plan)
    say("preparing data: load, split, augment, fit features, audit")
    data = prepare(config)
    for line in data.lines():
        say(line)
    with underway(folder, config, data) as to_do:
        if not to_do:  # finished by another process, while data were prepared
            return _left_alone(folder, say)
        model = build_model(config.model, data.features.shapes, data.features.groups, config.seed)
        say(f"network: {config.model.name}, {model.count_params():,} parameters")
        train = not report_only
        outcome = train_network(
            model, config, data, folder, say=say, progress=progress, train=train
        )
        if outcome.best_epoch:
            found = evaluate_network(model, config, data, folder, outcome)
            save_results(model, config, data, folder, outcome, found, others)
        conclude(folder, outcome)
    return folder


def _left_alone(folder: RunFolder, say: Callable[[str], None]) -> RunFolder:
    say(f"{folder.path} is finished already")
    folder.clear()
    return folder


def comparable(folder: RunFolder, given: Sequence[Path] = ()) -> list[RunReport]:
    """Reports to compare with: of the folders given, then of Run 2 and Run 6.

    These two are taken from beside this folder, or else from those that the package ships.
    """
    paths = [Path(path) for path in given]
    shipped: list[RunReport] = []
    for name in BASELINES:
        beside = RunFolder.of(folder.path.parent, name)
        known = {path.resolve() for path in paths}
        if name == folder.name or beside.path.resolve() in known:
            continue
        if beside.report.is_file():
            paths.append(beside.path)
        elif not any(RunFolder.open(path).name == name for path in paths):
            shipped += shipped_reports(name)
    for path in paths:
        if path.resolve() == folder.path.resolve():
            raise RunFolderError(f"{path} can't be compared with itself")
    return [RunFolder.open(path).read_report() for path in paths] + shipped
