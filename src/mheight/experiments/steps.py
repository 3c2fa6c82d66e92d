"""The steps of a run behind its data: open the folder, train, evaluate, save.

`mheight.experiments.pipeline.run_experiment` calls them in order, and so does
`train_model_v7.py`, step by step.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mheight.datasets import Samples, sample_fingerprints
from mheight.errors import TrainingDivergedError
from mheight.evaluation import RunReport, comparison_text, report_text
from mheight.evaluation.calibration import Coverage
from mheight.evaluation.plots import plot_history, plot_residuals, plot_scatter
from mheight.evaluation.run_report import LEAKED
from mheight.experiments.config import RunConfig
from mheight.experiments.intervals import calibrate_run
from mheight.experiments.preparation import PreparedData
from mheight.experiments.reporting import notes, run_report
from mheight.experiments.run_folder import RunFolder
from mheight.experiments.streaming import check_stream, streamed_fingerprints
from mheight.experiments.trained_run import TrainedRun, write_predictions
from mheight.features.domain import Domain
from mheight.files import atomic_path, write_json, write_text
from mheight.metrics import Scores, score
from mheight.training.callbacks import EpochRecord, ProgressSink
from mheight.training.fit import FitOutcome, Listeners, fit

__all__ = [
    "Evaluation",
    "conclude",
    "evaluate_network",
    "save_results",
    "train_network",
    "underway",
]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The best weights, measured.

    Attributes:
        report: of the run.
        predicted: log2 heights of each clean validation set, by name.
        scores: by name: the validation sets, the training originals, what leaked.
    """

    report: RunReport
    predicted: dict[str, NDArray[np.float64]]
    scores: dict[str, Scores]


@contextmanager
def underway(folder: RunFolder, config: RunConfig, data: PreparedData) -> Iterator[bool]:
    """Hold the run folder, made if it is not there, while a run goes on in it.

    Yields:
        Whether there is something to do; not if another process has finished the run.

    Raises:
        RunFolderError: another process holds the folder.
    """
    if not folder.path.exists():
        folder.create(config)
    with folder.locked():
        if folder.state() == "finished":
            yield False
            return
        _keep_inputs(folder, data)
        folder.set_state("training")
        try:
            yield True
        except KeyboardInterrupt:
            folder.set_state("interrupted")
            raise


def conclude(folder: RunFolder, outcome: FitOutcome) -> None:
    """Record how the run ended, last of all.

    Raises:
        TrainingDivergedError: the loss became NaN or infinite.
    """
    if outcome.stopped_because == "not yet: report so far":
        folder.set_state("interrupted")
        return
    if outcome.stopped_because == "diverged":
        folder.set_state("diverged")
        raise TrainingDivergedError(_divergence(folder, outcome))
    # In this order: killed in between, what is left over costs space, not epochs.
    folder.set_state("finished")
    folder.clear()


def _divergence(folder: RunFolder, outcome: FitOutcome) -> str:
    advice = "Lower training.learning_rate or training.clipnorm"
    epoch = len(outcome.records)
    if not outcome.best_epoch:
        return f"the loss was NaN or infinite from the first epoch; see {folder.path}. {advice}"
    return (
        f"the loss became NaN or infinite in epoch {epoch}; the report in {folder.path} is on "
        f"the best weights before, of epoch {outcome.best_epoch}. {advice}"
    )


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


def train_network(
    model: Any,
    config: RunConfig,
    data: PreparedData,
    folder: RunFolder,
    *,
    say: Callable[[str], None],
    progress: ProgressSink,
    train: bool = True,
) -> FitOutcome:
    """Train, from the last whole epoch if there is one; the best weights are put back.

    Args:
        model: from `build_model`.
        config: loss, optimiser, schedule, stopping.
        data: audited.
        folder: receives history, checkpoints and, at every improvement, the `.h5` model.
        say: receives lines for the console.
        progress: receives steps.
        train: false to load the state so far and stop there.
    """
    return fit(
        model,
        data.rows.training(config.training.epochs, folder.checkpoints),
        data.rows.validation,
        originals=data.rows.some_originals,
        config=config.training,
        loss=config.loss,
        tier_guard=config.tier_guard,
        seed=config.seed,
        folder=folder.checkpoints,
        listeners=Listeners(
            say,
            progress,
            keep_records=lambda records: _write_history(folder, records),
            keep_best=lambda best: _save_model(best, folder.model_h5),
        ),
        train=train,
    )


def _save_model(model: Any, path: Path) -> None:
    with atomic_path(path) as temporary:
        model.save(temporary)


def _write_history(folder: RunFolder, records: Sequence[EpochRecord]) -> None:
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [field.name for field in fields(EpochRecord)]
    writer.writerow(names)
    writer.writerows([getattr(record, name) for name in names] for record in records)
    write_text(folder.history, buffer.getvalue())


def evaluate_network(
    model: Any, config: RunConfig, data: PreparedData, folder: RunFolder, outcome: FitOutcome
) -> Evaluation:
    """Measure the best weights, by group and tier, on both sides, against the criteria."""
    if data.stream is not None:
        data = _audit_stream(data, folder, len(outcome.records))
    run = TrainedRun(folder, config, data.features, model)
    predicted = {name: run.predict_rows(rows) for name, rows in data.rows.clean.items()}
    scores = {
        name: score(rows.log2_heights, predicted[name], rows.group, rows.groups)
        for name, rows in data.rows.clean.items()
    }
    originals = data.rows.originals
    scores["training originals"] = (
        run.score(data.training.originals.samples)
        if originals is None
        else run.score_rows(originals)
    )
    if config.invalid_protocol:
        scores[LEAKED] = run.score_rows(data.rows.validation)
    held = _calibrate(config, folder, data.clean, predicted)
    report = run_report(config, data, scores, outcome, model.count_params(), held)
    return Evaluation(report, predicted, scores)


def save_results(
    model: Any,
    config: RunConfig,
    data: PreparedData,
    folder: RunFolder,
    outcome: FitOutcome,
    evaluation: Evaluation,
    others: Sequence[RunReport] = (),
) -> None:
    """Write models, predictions, pictures, report and comparison.

    Args:
        model: with the best weights.
        config: of the run.
        data: audited.
        folder: to write to.
        outcome: of training.
        evaluation: of the model.
        others: reports of other runs, for `detailed_comparison.txt`.
    """
    report = evaluation.report
    _save_model(model, folder.model)
    _save_model(model, folder.model_h5)
    write_predictions(
        Samples.concatenate(list(data.clean.values()), renumber=data.stream is not None),
        np.concatenate(list(evaluation.predicted.values())),
        folder.predictions,
    )
    _plot(config, data, folder, outcome, evaluation)
    write_json(folder.report, report.as_dict())
    write_text(folder.report_text, report_text(report))
    write_text(folder.comparison, comparison_text([report, *others], notes(report, others)))


def _plot(
    config: RunConfig,
    data: PreparedData,
    folder: RunFolder,
    outcome: FitOutcome,
    evaluation: Evaluation,
) -> None:
    """Pictures of the history, and of each clean validation set."""
    valid = evaluation.report.valid
    remark = "" if valid else " (INVALID run)"
    title = f"{config.name}: {data.summary}{remark}"
    label = "validation" if valid else LEAKED
    plot_history(outcome.records, outcome.best_epoch, title, folder.history_plot, label)
    for name, samples in data.clean.items():
        shown = f"{config.name}, {len(samples):,} clean validation samples"
        shown += f" of {name}" if data.stream is not None else f"\n{data.summary}"
        shown += remark
        values = samples.log2_heights, evaluation.predicted[name], samples.group
        first = name == next(iter(data.clean))
        scatter = folder.picture("predictions_scatter", name, first)
        plot_scatter(*values, evaluation.scores[name], shown, scatter)
        plot_residuals(*values, samples.groups, shown, folder.picture("residuals", name, first))


def _calibrate(
    config: RunConfig,
    folder: RunFolder,
    clean: dict[str, Samples],
    predicted: dict[str, NDArray[np.float64]],
) -> Coverage:
    """Intervals from validation, over all its sets."""
    sets = list(clean.values())
    true = np.concatenate([samples.log2_heights for samples in sets])
    group = np.concatenate([samples.group for samples in sets])
    said = np.concatenate(list(predicted.values()))
    return calibrate_run(folder, config.seed, true, said, group, sets[0].groups)
