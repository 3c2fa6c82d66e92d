"""The folder a run leaves behind: names of its files, and who may write to it."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mheight.errors import InvalidDataError, RunFolderError
from mheight.evaluation import RunReport
from mheight.experiments.config import RunConfig, config_toml, config_values, load_config
from mheight.features.standardised import stored_groups
from mheight.files import atomic_folder, write_json, write_text
from mheight.tiers import Groups

__all__ = ["RunFolder", "RunState"]

RunState = Literal["training", "interrupted", "diverged", "finished"]


@dataclass(frozen=True)
class RunFolder:
    """Files of a run.  `run7` lives in `run_7/`, with `best_model_run7.h5` beside it.

    Attributes:
        path: the folder.
        name: name of the run.
    """

    path: Path
    name: str

    @classmethod
    def of(cls, root: Path, name: str) -> RunFolder:
        """The folder of a run of this name under `root`."""
        numbered = re.fullmatch(r"run-?(\d+)", name)
        return cls(Path(root) / f"run_{numbered[1] if numbered else name}", name)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run folder, by its path or that of its `.h5` model beside it.

        Raises:
            RunFolderError: there is none.
        """
        path = Path(path)
        model = re.fullmatch(r"best_model_(.+)\.h5", path.name)
        if model is not None:
            beside = cls.of(path.parent, model[1])
            if not (beside.path / "config.toml").is_file():
                raise RunFolderError(
                    f"{path}: the run folder {beside.path} that goes with it is missing; "
                    "it holds the features, the intervals and the codes seen in training"
                )
            path = beside.path
        if not (path / "config.toml").is_file():
            raise RunFolderError(f"{path}: no run folder (config.toml is missing)")
        return cls(path, load_config(path / "config.toml").name)

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.toml"

    @property
    def status(self) -> Path:
        """State of the run."""
        return self.path / "status.json"

    @property
    def checkpoints(self) -> Path:
        """Folder of the best weights and of the state to go on from."""
        return self.path / "checkpoint"

    @property
    def features(self) -> Path:
        """Fitted features."""
        return self.path / "features.json"

    @property
    def audit(self) -> Path:
        """The leak audit."""
        return self.path / "audit.json"

    @property
    def history(self) -> Path:
        """Metrics of every epoch."""
        return self.path / "history.csv"

    @property
    def report(self) -> Path:
        """The whole report, as JSON."""
        return self.path / "report.json"

    @property
    def report_text(self) -> Path:
        """The report, as text."""
        return self.path / "report.txt"

    @property
    def comparison(self) -> Path:
        """Per-group metrics, against other runs."""
        return self.path / "detailed_comparison.txt"

    @property
    def history_plot(self) -> Path:
        """Loss curves."""
        return self.path / f"training_history_{self.name}.png"

    @property
    def scatter_plot(self) -> Path:
        """Prediction quality."""
        return self.picture("predictions_scatter")

    @property
    def residuals_plot(self) -> Path:
        """Errors by group, against the height."""
        return self.picture("residuals")

    def picture(self, kind: str, of: str = "", first: bool = True) -> Path:
        """A picture of validation; of a run with several sets, all but the first are named."""
        return self.path / f"{kind}_{self.name}{'' if first else '_' + of}.png"

    @property
    def calibration(self) -> Path:
        """Intervals of predictions, and their coverage on held-out rows."""
        return self.path / "calibration.json"

    @property
    def domain(self) -> Path:
        """What the codes were like that the model was trained on."""
        return self.path / "domain.json"

    @property
    def predictions(self) -> Path:
        """Predictions for the validation rows."""
        return self.path / "validation_predictions.parquet"

    @property
    def training_codes(self) -> Path:
        """Fingerprints of the codes that training saw."""
        return self.path / "training_fingerprints.npy"

    @property
    def model(self) -> Path:
        """The best model, Keras format."""
        return self.path / f"best_model_{self.name}.keras"

    @property
    def model_h5(self) -> Path:
        """The best model, HDF5, beside the folder."""
        return self.path.parent / f"best_model_{self.name}.h5"

    @property
    def results(self) -> tuple[Path, ...]:
        """What a finished run leaves, in the order in which it is told."""
        return (
            self.report_text,
            self.comparison,
            self.history_plot,
            self.scatter_plot,
            self.residuals_plot,
            self.report,
            self.history,
            self.config,
            self.audit,
            self.predictions,
            self.calibration,
            self.domain,
            self.model,
            self.model_h5,
        )

    def state(self) -> RunState | None:
        """State of the run, or None if there is no run yet."""
        if not self.status.is_file():
            return None
        try:
            value = json.loads(self.status.read_text(encoding="utf-8"))["state"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RunFolderError(f"{self.status}: not readable") from None
        return value  # type: ignore[no-any-return]

    def set_state(self, state: RunState) -> None:
        """Record the state of the run."""
        write_json(self.status, {"state": state})

    def check(self, config: RunConfig, resume: bool, report_only: bool = False) -> RunState | None:
        """Whether a run of this configuration may begin or go on here; writes nothing.

        Args:
            config: the resolved configuration.
            resume: whether an existing folder may be used.
            report_only: whether to report on it, without training.

        Returns:
            The state found, None if there is no folder yet.

        Raises:
            RunFolderError: the folder exists and `resume` is false, or it belongs to
                another configuration.
        """
        if not self.path.exists():
            if self.model_h5.exists():
                raise RunFolderError(
                    f"{self.model_h5} exists already, from another run; move it away or choose "
                    "another --output-root"
                )
            return None
        if not (resume or report_only):
            raise RunFolderError(
                f"{self.path} exists already ({self._how_far()}); add --resume to go on with it, "
                "unless another process is at it, or choose another --output-root"
            )
        if not self.config.is_file():
            raise RunFolderError(f"{self.path} exists but is no run folder (no config.toml)")
        found = load_config(self.config)
        differences = _differences(_decisive(found), _decisive(config))
        if differences:
            raise RunFolderError(
                f"{self.path} belongs to another configuration; different: "
                + ", ".join(differences)
                + f"; with its own: mheight train {self.config} -o {self.path.parent} "
                + ("--report-only" if report_only else "--resume")
            )
        return self.state()

    def create(self, config: RunConfig) -> None:
        """Make the folder with its configuration, whole or not at all."""
        with atomic_folder(self.path) as temporary:
            fresh = RunFolder(temporary, self.name)
            write_text(fresh.config, config_toml(config))
            fresh.set_state("training")

    def _how_far(self) -> str:
        try:
            state = self.state()
        except RunFolderError:
            state = None
        return f"{state or 'no run'}, {self.epochs_done()} epochs"

    def clear(self) -> None:
        """Remove what only an unfinished run needs."""
        for name in ("state.npz", "codes_*.npz"):
            for path in self.checkpoints.glob(name):
                path.unlink(missing_ok=True)
        for path in self.checkpoints.glob(".partial-*"):
            shutil.rmtree(path, ignore_errors=True)

    def epochs_done(self) -> int:
        """Whole epochs that are kept."""
        if not self.history.is_file():
            return 0
        return max(0, len(self.history.read_text(encoding="utf-8").splitlines()) - 1)

    def how_to_go_on(self, resuming: str) -> str:
        """What an interruption leaves, and the command that goes on from there."""
        if self.state() == "finished":
            return "interrupted; the run is finished"
        done = self.epochs_done()
        kept = f"{done} whole epoch{'s are' if done > 1 else ' is'} kept, and"
        return f"interrupted; {kept if done else 'no whole epoch was done;'} {resuming}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that no second process trains in it.

        Raises:
            RunFolderError: another process holds it.
        """
        with (self.path / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunFolderError(f"{self.path} is in use by another process") from None
            yield

    def groups(self) -> Groups:
        """The groups that the run was trained on.

        Raises:
            RunFolderError: no readable features.
        """
        try:
            return stored_groups(json.loads(self.features.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError, InvalidDataError) as error:
            raise RunFolderError(
                f"{self.path}: features.json can't be read ({error}); has the run finished?"
            ) from None

    def read_report(self) -> RunReport:
        """The report of a finished run.

        Raises:
            RunFolderError: there is none, or it can't be read.
        """
        try:
            return RunReport.from_json(self.report.read_bytes())
        except OSError:
            raise RunFolderError(
                f"{self.path}: no readable report.json; has the run finished?"
            ) from None
        except InvalidDataError as error:
            raise RunFolderError(f"{self.path}: report.json can't be read ({error})") from None


def _decisive(config: RunConfig) -> dict[str, Any]:
    """What makes two runs the same run: everything but the description."""
    return {k: v for k, v in config_values(config).items() if k != "description"}


def _differences(left: dict[str, Any], right: dict[str, Any], prefix: str = "") -> list[str]:
    names = []
    for key, value in left.items():
        other = right.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            names += _differences(value, other, f"{prefix}{key}.")
        elif value != other:
            names.append(f"{prefix}{key} ({value!r} there, {other!r} asked for)")
    return names
