"""`mheight tune` of a study in rounds, whose trials are shards."""

from __future__ import annotations

from pathlib import Path

from mheight.cli.console import say
from mheight.cli.job_options import JobOptions
from mheight.cli.job_running import run_shown
from mheight.experiments.study_file import Study
from mheight.experiments.study_folder import StudyFolder
from mheight.experiments.study_report import StudyReport
from mheight.jobs import open_job

__all__ = ["tune_in_rounds"]


def tune_in_rounds(
    study: Study, output: Path, trials: int | None, options: JobOptions
) -> StudyReport | None:
    """Train what is missing, round by round.

    Args:
        study: has `round`.
        output: the folder of the job, and of the results.
        trials: how many in all; the study's own number by default.
        options: where it is done, and which part.

    Returns:
        The results; None where only a part was asked for and others are missing.
    """
    from mheight.experiments.tuning_rounds import StudyRounds  # slow to load

    rounds = StudyRounds(study, trials)
    parameters = rounds.parameters
    if options.cluster is None and not output.exists():
        rounds.check_data()
    # On machines of different kinds the last bits of training may differ; the first result counts.
    job = open_job(output, "tune", parameters, ".json", repeatable=False)
    with options.place() as place:
        while True:
            tasks = rounds.tasks(job)
            outcome = run_shown(
                job, tasks, options, "trials", rounds.trials, are_all=False, place=place
            )
            if not outcome.is_complete:
                say("the next round is drawn when all trials of this one are there")
                return None
            if len(tasks) == rounds.trials:
                return rounds.report(job, StudyFolder(output))
