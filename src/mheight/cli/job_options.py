"""--cluster and --shard: where work in shards is done, and which part; `job_running` does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from mheight.cli.console import say
from mheight.errors import JobError
from mheight.heights.programs.shared import Crew
from mheight.jobs import Part, Place, ThisProcess
from mheight.jobs.addresses import ClusterName, cluster_name

__all__ = ["ClusterOption", "JobOptions", "PartOption"]

ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="WHERE",
        help="local:N for N processes of this machine, or a Dask cluster: tcp://host:8786, or "
        "the .json file of its scheduler.",
    ),
]
PartOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Only part I of N of the work, I = 0 ... N-1, for job arrays; the same command "
        "without it, or mheight merge, puts the parts together.",
    ),
]


@dataclass(frozen=True)
class JobOptions:
    """Where work is done, and which part of it.

    Attributes:
        cluster: workers; None for this process.
        part: of all shards; None for all.
    """

    cluster: ClusterName | None = None
    part: Part | None = None

    @classmethod
    def of(cls, cluster: str | None, part: str | None) -> JobOptions:
        """Read both options.

        Raises:
            JobError: one of them is not understood.
        """
        return cls(
            None if cluster is None else cluster_name(cluster),
            None if part is None else Part.parse(part),
        )

    @property
    def is_plain(self) -> bool:
        """Whether neither was given."""
        return self.cluster is None and self.part is None

    def refuse(self, reason: str) -> None:
        """Refuse the options where they have no sense.

        Raises:
            JobError: one of them was given.
        """
        if not self.is_plain:
            raise JobError(f"--cluster and --shard don't go with this: {reason}")

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Where tasks are done."""
        if self.cluster is None:
            yield ThisProcess()
            return
        from mheight.jobs.cluster import Cluster  # Dask is an extra, and slow to load

        with Cluster(self.cluster, say) as cluster:
            yield cluster

    @contextmanager
    def crew(self) -> Iterator[Crew | None]:
        """The workers that share a search; None where there is no cluster."""
        if self.cluster is None:
            yield None
            return
        from mheight.jobs.cluster import Cluster
        from mheight.jobs.crew import ClusterCrew

        with Cluster(self.cluster, say) as cluster:
            yield ClusterCrew(cluster)
