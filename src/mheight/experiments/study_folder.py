"""The folder of a study: names of its files, and who may write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from mheight.errors import RunFolderError
from mheight.experiments.config import config_toml
from mheight.experiments.run_folder import RunFolder
from mheight.experiments.study_file import Study, load_study
from mheight.files import atomic_folder, write_text

__all__ = ["StudyFolder"]

_SHOWN = 6  # differences named in an error


@dataclass(frozen=True)
class StudyFolder:
    """Files of a study.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def study(self) -> Path:
        """The resolved study file."""
        return self.path / "study.toml"

    @property
    def base(self) -> Path:
        """The resolved base configuration."""
        return self.path / "base.toml"

    @property
    def database(self) -> Path:
        """All trials, as Optuna keeps them."""
        return self.path / "study.db"

    @property
    def work(self) -> Path:
        """Checkpoints of the trial that is being trained."""
        return self.path / ".trial"

    @property
    def trials(self) -> Path:
        """One line a trial."""
        return self.path / "trials.csv"

    @property
    def best(self) -> Path:
        """Configuration of the best trial."""
        return self.path / "best.toml"

    @property
    def report(self) -> Path:
        """The results."""
        return self.path / "study.json"

    @property
    def plot(self) -> Path:
        """Values by trial."""
        return self.path / "study.png"

    def check(self, study: Study, resume: bool) -> bool:
        """Whether a study may begin or go on here; writes nothing.

        Args:
            study: the study that is asked for.
            resume: whether an existing folder may be used.

        Returns:
            Whether the folder is there already.

        Raises:
            RunFolderError: the folder exists and `resume` is false, or it belongs to
                another study.
        """
        if not self.path.exists():
            return False
        if not (self.study.is_file() and self.base.is_file()):
            raise RunFolderError(f"{self.path} exists but is no study folder (no study.toml)")
        if not resume:
            raise RunFolderError(
                f"{self.path} exists already; add --resume to go on with it, --trials N for more "
                "trials, or choose another --output"
            )
        differences = load_study(self.study).differences(study)
        if differences:
            shown = differences[:_SHOWN]
            if len(differences) > _SHOWN:
                shown.append(f"and {len(differences) - _SHOWN} more")
            raise RunFolderError(
                f"{self.path} belongs to another study; different: " + ", ".join(shown)
            )
        return True

    def create(self, study: Study) -> None:
        """Make the folder with its study, whole or not at all."""
        with atomic_folder(self.path) as temporary:
            fresh = StudyFolder(temporary)
            write_text(fresh.study, tomli_w.dumps(study.plain()))
            write_text(fresh.base, config_toml(study.base))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that no second process works on the study.

        Raises:
            RunFolderError: another process holds it.
        """
        with RunFolder(self.path, self.path.name).locked():
            yield
