"""`mheight tune`: a search for hyper-parameters."""

from __future__ import annotations

from mheight.cli.console import TrainingDisplay, out, say
from mheight.cli.interrupting import Interrupted
from mheight.cli.job_options import ClusterOption, JobOptions, PartOption
from mheight.cli.run_options import ResumeStudy, StudyFile, StudyOutput, Trials
from mheight.cli.tune_job import tune_in_rounds
from mheight.experiments.study_file import Study, load_study
from mheight.experiments.study_folder import StudyFolder
from mheight.experiments.study_report import StudyReport
from mheight.files import require_apart

__all__ = ["tune"]


class _StudyDisplay(TrainingDisplay):
    """The display of training, for trials of different lengths."""

    def trial_begins(self, epochs: int) -> None:
        """A trial of at most so many epochs begins."""
        self._epochs = epochs


def tune(
    file: StudyFile,
    output: StudyOutput,
    trials: Trials = None,
    resume: ResumeStudy = False,
    cluster: ClusterOption = None,
    shard: PartOption = None,
) -> None:
    """Search for the hyper-parameters that score best on clean validation.

    Each trial is a training run; bad ones are stopped early.  Ctrl-C gives up the trial
    at hand and keeps the others; --resume goes on.  With study.round the trials of a round
    are shards, for --cluster and --shard, and the same command goes on.  The best value is
    optimistic, because it was chosen: score the winner on data of another seed.
    """
    options = JobOptions.of(cluster, shard)
    study = load_study(file)
    folder = StudyFolder(output)
    require_apart([folder.trials, folder.best, folder.report, folder.plot], [file])
    if study.settings.round is not None:
        say("loading Keras, JAX and Optuna")
        found = tune_in_rounds(study, output, trials, options)
    else:
        options.refuse("each trial is drawn from those before; study.round = N draws N at once")
        found = _one_by_one(study, folder, trials, resume)
    if found is not None:
        _tell(found, folder)


def _one_by_one(study: Study, folder: StudyFolder, trials: int | None, resume: bool) -> StudyReport:
    # What can be refused is refused before the slow libraries load.
    folder.check(study, resume or trials is not None)
    say("loading Keras, JAX and Optuna")
    from mheight.experiments.tuning import run_study

    display = _StudyDisplay(study.base.training.epochs)
    try:
        with display:
            return run_study(
                study, folder, trials=trials, resume=resume, say=display.say, progress=display
            )
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; finished trials are kept, and the same command with --resume goes on"
        ) from None


def _tell(report: StudyReport, folder: StudyFolder) -> None:
    _tell_best(report)
    out("Files:")
    for path in (folder.trials, folder.best, folder.report, folder.plot, folder.database):
        if path.is_file():
            out(f"  {path}")


def _tell_best(report: StudyReport) -> None:
    counts = ", ".join(f"{count} {state}" for state, count in report.trials.items())
    out(f"{report.name}: {counts}")
    best = report.best
    if best is None:
        out("no trial is complete")
        return
    importance = report.importance or {}
    out(f"best: trial {best.number}, {report.metric} {best.value:.4f}")
    shown = {
        key: f"{value:.4g}" if isinstance(value, float) else str(value)
        for key, value in best.parameters.items()
    }
    width, wide = max(map(len, shown)), max(map(len, shown.values()))
    for key, value in shown.items():
        share = f"importance {importance[key]:.2f}" if key in importance else ""
        out(f"  {key:<{width}}  {value:<{wide}}  {share}".rstrip())
    out(report.note)
