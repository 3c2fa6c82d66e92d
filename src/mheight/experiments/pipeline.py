"""The main job: prepare, build, fit, evaluate, report."""

from __future__ import annotations

import csv
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from importlib import metadata
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

import mheight
from mheight.datasets import Samples, content_hash, sample_fingerprints
from mheight.errors import RunFolderError, TrainingDivergedError
from mheight.evaluation import comparison_text, judge, report_text
from mheight.evaluation.calibration import calibrate, coverage
from mheight.evaluation.plots import plot_history, plot_residuals, plot_scatter
from mheight.experiments.config import RunConfig, config_values
from mheight.experiments.preparation import PreparedData, prepare
from mheight.experiments.run_folder import RunFolder
from mheight.experiments.streaming import EncodedStream, check_stream, streamed_fingerprints
from mheight.experiments.trained_run import TrainedRun, write_predictions
from mheight.features.domain import Domain
from mheight.files import atomic_path, write_json, write_text
from mheight.metrics import Scores, score
from mheight.models import build_model
from mheight.training.callbacks import EpochRecord, ProgressSink
from mheight.training.fit import Encoded, FitOutcome, TrainingRows, fit

__all__ = ["run_experiment"]

_PACKAGES = ("numpy", "numba", "keras", "jax", "scikit-learn", "pyarrow", "matplotlib")

_INVALID_REASON = (
    "rows were augmented before they were split, so copies of validation codes are in "
    "training (Run 6's protocol)"
)


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
            training; the run can still be resumed.
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
    state = folder.check(config, resume or report_only)
    if state is None and report_only:
        raise RunFolderError(f"{folder.path}: there is no run to report on")
    others = [RunFolder.open(path).read_report() for path in _others(folder, compare_with)]
    if state == "finished":
        say(f"{folder.path} is finished already")
        return folder
    say("preparing data: load, split, augment, fit features, audit")
    data = prepare(config)
    counts = data.audit
    say(
        f"{data.summary}: {counts.training_originals:,} training originals, "
        f"{counts.training_rows:,} rows with copies, {counts.validation_rows:,} validation rows"
    )
    say(
        "audit: no leak found"
        if counts.passed
        else "audit: LEAK found, as this protocol has it; results will be marked INVALID, "
        "and the validation figures of the epochs below are leaked"
    )
    if state is None:
        folder.create(config)
    with folder.locked():
        if folder.state() == "finished":  # by another process, while data were prepared
            say(f"{folder.path} is finished already")
            return folder
        _keep_inputs(folder, data)
        folder.set_state("training")
        try:
            model, outcome = _train(config, folder, data, say, progress, train=not report_only)
            if data.stream is not None and outcome.records:
                data = _audit_stream(data, folder, len(outcome.records))
            if outcome.best_epoch:
                _finish(config, folder, data, model, outcome, others)
        except KeyboardInterrupt:
            folder.set_state("interrupted")
            raise
        if outcome.stopped_because == "not yet: report so far":
            folder.set_state("interrupted")
            return folder
        if outcome.stopped_because == "diverged":
            folder.set_state("diverged")
            raise TrainingDivergedError(_divergence(folder, outcome))
        (folder.checkpoints / "state.npz").unlink(missing_ok=True)
        for path in folder.checkpoints.glob("codes_*.npz"):
            path.unlink()
        folder.set_state("finished")
    return folder


def _divergence(folder: RunFolder, outcome: FitOutcome) -> str:
    advice = "Lower training.learning_rate or training.clipnorm"
    epoch = len(outcome.records)
    if not outcome.best_epoch:
        return f"the loss was NaN or infinite from the first epoch; see {folder.path}. {advice}"
    return (
        f"the loss became NaN or infinite in epoch {epoch}; the report in {folder.path} is on "
        f"the best weights before, of epoch {outcome.best_epoch}. {advice}"
    )


def _others(folder: RunFolder, given: Sequence[Path]) -> list[Path]:
    """Folders to compare with: those given, then finished run_2 and run_6 beside this one."""
    paths = [Path(path) for path in given]
    for name in ("run2", "run6"):
        beside = RunFolder.of(folder.path.parent, name)
        known = {path.resolve() for path in paths}
        if name != folder.name and beside.report.is_file() and beside.path.resolve() not in known:
            paths.append(beside.path)
    for path in paths:
        if path.resolve() == folder.path.resolve():
            raise RunFolderError(f"{path} can't be compared with itself")
    return paths


def _keep_inputs(folder: RunFolder, data: PreparedData) -> None:
    """What must be known of the data, written before the first epoch."""
    folder.checkpoints.mkdir(exist_ok=True)
    write_json(folder.audit, data.audit.as_dict())
    write_json(folder.features, data.features.as_dict())
    write_json(folder.domain, Domain.fit(data.training.originals).as_dict())
    if data.stream is None:
        _keep_codes(folder, sample_fingerprints(data.training.originals.samples))


def _keep_codes(folder: RunFolder, names: Any) -> None:
    # Half of a fingerprint, 64 bits, tells millions of codes apart.
    with atomic_path(folder.training_codes) as temporary:
        np.save(temporary, np.unique(names.astype("S16")))


def _audit_stream(data: PreparedData, folder: RunFolder, epochs: int) -> PreparedData:
    """The data with an audit that knows every code that was trained on."""
    assert data.stream is not None
    names, barred = streamed_fingerprints(folder.checkpoints, epochs)
    check = check_stream(data.stream, names, barred, epochs)
    report = replace(
        data.audit,
        training_originals=len(names),
        training_rows=len(names),
        checks=(*data.audit.checks, check),
    )
    report.require_clean()
    write_json(folder.audit, report.as_dict())
    _keep_codes(folder, names)
    return replace(data, audit=report)


def _train(
    config: RunConfig,
    folder: RunFolder,
    data: PreparedData,
    say: Callable[[str], None],
    progress: ProgressSink,
    train: bool,
) -> tuple[Any, FitOutcome]:
    model = build_model(config.model, data.features.shapes, config.seed)
    say(f"network: {config.model.name}, {model.count_params():,} parameters")
    training: TrainingRows
    if data.stream is None:
        training = Encoded.of(data.features, data.training.samples)
    else:
        training = EncodedStream(
            data.stream, data.features, folder.checkpoints, config.training.epochs
        )
    outcome = fit(
        model,
        training,
        Encoded.of(data.features, data.validation.samples),
        config=config.training,
        loss=config.loss,
        tier_guard=config.tier_guard,
        seed=config.seed,
        folder=folder.checkpoints,
        say=say,
        progress=progress,
        keep_records=lambda records: _write_history(folder, records),
        train=train,
    )
    return model, outcome


def _write_history(folder: RunFolder, records: Sequence[EpochRecord]) -> None:
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [field.name for field in fields(EpochRecord)]
    writer.writerow(names)
    writer.writerows([getattr(record, name) for name in names] for record in records)
    write_text(folder.history, buffer.getvalue())


def _finish(
    config: RunConfig,
    folder: RunFolder,
    data: PreparedData,
    model: Any,
    outcome: FitOutcome,
    others: list[dict[str, Any]],
) -> None:
    """Evaluate the best weights and write every output."""
    run = TrainedRun(folder, config, data.features, model)
    predicted = {name: run.predict_log2(samples) for name, samples in data.clean.items()}
    scores = {
        name: score(samples.log2_heights, predicted[name], samples.group)
        for name, samples in data.clean.items()
    }
    scores["training originals"] = run.score(data.training.originals.samples)
    if config.invalid_protocol:
        scores["leaked validation"] = run.score(data.validation.samples)
    report = _report(config, data, scores, outcome, model.count_params())
    report["intervals"] = _calibrate(config, folder, data.clean, predicted)

    with atomic_path(folder.model) as temporary:
        model.save(temporary)
    with atomic_path(folder.model_h5) as temporary:
        model.save(temporary)
    write_predictions(
        Samples.concatenate(list(data.clean.values()), renumber=data.stream is not None),
        np.concatenate(list(predicted.values())),
        folder.predictions,
    )
    title = f"{config.name}: {data.summary}" + ("" if report["valid"] else " (INVALID run)")
    records = [asdict(record) for record in outcome.records]
    label = "validation" if report["valid"] else "leaked validation"
    plot_history(records, outcome.best_epoch, title, folder.history_plot, label)
    for name, samples in data.clean.items():
        shown = f"{config.name}, {len(samples):,} clean validation samples"
        shown += f" of {name}" if data.stream is not None else f"\n{data.summary}"
        shown += "" if report["valid"] else " (INVALID run)"
        values = samples.log2_heights, predicted[name], samples.group
        first = name == next(iter(data.clean))
        plot_scatter(
            *values, scores[name], shown, folder.picture("predictions_scatter", name, first)
        )
        plot_residuals(*values, shown, folder.picture("residuals", name, first))
    write_json(folder.report, report)
    write_text(folder.report_text, report_text(report))
    present = {other["name"] for other in [report, *others]}
    notes = [
        f"{name}: no finished run beside this one; mheight train runs/{name}.toml makes one."
        for name in ("run2", "run6")
        if name not in present
    ]
    write_text(folder.comparison, comparison_text([report, *others], notes))


def _calibrate(
    config: RunConfig,
    folder: RunFolder,
    clean: dict[str, Samples],
    predicted: dict[str, Any],
) -> dict[str, Any]:
    """Intervals from a random half of validation; their coverage on the other half."""
    true, log2_predicted, group = (
        np.concatenate(parts)
        for parts in (
            [samples.log2_heights for samples in clean.values()],
            list(predicted.values()),
            [samples.group for samples in clean.values()],
        )
    )
    half = np.random.default_rng([config.seed, 90]).random(len(group)) < 0.5
    calibration = calibrate(true[half], log2_predicted[half], group[half])
    rest = ~half
    low, high = calibration.interval(log2_predicted[rest], group[rest])
    found = coverage(true[rest], low, high, group[rest])
    write_json(
        folder.calibration,
        {"calibration": calibration.as_dict(), "coverage on the other half": found},
    )
    return {"level": calibration.level, **found}


def _report(
    config: RunConfig,
    data: PreparedData,
    scores: dict[str, Scores],
    outcome: FitOutcome,
    parameters: int,
) -> dict[str, Any]:
    sets = list(data.clean)
    gap = float(
        np.mean([scores[name].overall for name in sets]) - scores["training originals"].overall
    )
    audit = data.audit
    remark = f"{audit.validation_rows:,} validation originals"
    if config.invalid_protocol:
        remark = "rows augmented before the split"
    criteria = judge(
        {name: scores[name] for name in sets},
        gap if data.stream is None else None,
        audit.passed,
        remark,
        config.criteria,
    )
    return {
        "name": config.name,
        "description": config.description,
        "finished": outcome.stopped_because != "not yet: report so far",
        "valid": not config.invalid_protocol,
        "invalid_reason": _INVALID_REASON if config.invalid_protocol else None,
        "succeeded": not config.invalid_protocol and all(c.passed for c in criteria),
        "scores": {name: value.as_dict() for name, value in scores.items()},
        "validation_sets": sets,
        "gap": gap,
        "criteria": [criterion.as_dict() for criterion in criteria],
        "audit": audit.as_dict(),
        "data": {
            "summary": data.summary,
            "provenance": data.provenance,
            "validation_rows": sum(len(samples) for samples in data.clean.values()),
            "validation_sha256": [content_hash(samples) for samples in data.clean.values()],
        },
        "features": config.features.name,
        "model": {"name": config.model.name, "parameters": parameters},
        "training": {
            "epochs": len(outcome.records),
            "best_epoch": outcome.best_epoch,
            "stopped_because": outcome.stopped_because,
            "minutes": sum(record.seconds for record in outcome.records) / 60,
        },
        "config": config_values(config),
        "seeds": {"run": config.seed, "data": config.data.seed},
        "versions": {
            "mheight": mheight.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
    }
