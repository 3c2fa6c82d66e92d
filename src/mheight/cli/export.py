"""`mheight export`: a run as a bundle for people who never train."""

from __future__ import annotations

from mheight.cli.console import out, say
from mheight.cli.run_options import BundlePath, FinishedRun, ScoresOfData
from mheight.deployment.bundle import check_target
from mheight.deployment.manifest import Measured
from mheight.errors import BundleError

__all__ = ["export"]


def export(run: FinishedRun, output: BundlePath, scores: ScoresOfData = None) -> None:
    """Write a bundle: the network as ONNX, its features, intervals, domain and model card.

    The bundle holds no code and needs neither Keras nor JAX.  Writing fails unless ONNX
    Runtime predicts what the trained network predicts.
    """
    check_target(output)
    from mheight.cli.measured_scores import MeasuredScores  # it loads data sets

    measured = [MeasuredScores.read(path) for path in scores or []]
    say("loading Keras and JAX")
    from mheight.deployment.export import TrainedNetwork, export_bundle
    from mheight.experiments.trained_run import TrainedRun

    found = TrainedRun.load(run)
    for one, path in zip(measured, scores or [], strict=True):
        if one.run != found.config.name:
            raise BundleError(f"{path}: scores of {one.run}, not of {found.config.name}")
    trained = TrainedNetwork(
        found.model,
        found.config.features.name,
        found.features,
        *found.limits(),
        found.folder.read_report(),
    )
    metrics = [
        Measured.of(
            one.data, one.scores, None if one.intervals is None else one.intervals.overall,
            one.flagged,
        )
        for one in measured
    ]  # fmt: skip
    manifest = export_bundle(trained, output, metrics).manifest
    assert manifest.parity is not None
    out(
        f"{output}: {found.config.name}, {manifest.network.parameters:,} "
        f"parameters; ONNX Runtime agrees with the trained network to "
        f"{manifest.parity.largest_difference:.1e} in log2 height"
    )
