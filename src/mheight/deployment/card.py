"""The model card: what a person should know before trusting a model."""

from __future__ import annotations

from mheight.deployment.manifest import Manifest, Parity
from mheight.tiers import Groups, Tier

__all__ = ["model_card"]


def model_card(manifest: Manifest) -> str:
    """The card of a bundle, Markdown, from its manifest."""
    sections = [
        _purpose(manifest),
        _use(manifest),
        _training(manifest),
        _measured(manifest),
        _limits(manifest),
        _versions(manifest),
    ]
    return "\n".join(sections)


def _purpose(manifest: Manifest) -> str:
    groups = manifest.trained
    *some, last = map(str, groups.lengths)
    lengths = f"{', '.join(some)} or {last}" if some else last
    kind = _kind(groups)
    exact = f"At n = {lengths} `mheight.height_profile(G)`"
    longest = manifest.longest
    others = (
        ""
        if longest is None
        else f"""

It reads codes of other groups (n, k, m) with n <= {longest} too, and flags them `group not trained
on`: nothing in the network depends on how many circuits and sets a code has."""
    )
    return f"""# {manifest.name}

{manifest.description}

## What it is for

It predicts the m-height of a real linear code of length {lengths} from P of its generator matrix
`G = [I | P]`, for {kind} in {", ".join(groups.names)}.{others}

**Use the exact height instead wherever you can.** {exact} is right,
and costs less than this prediction. The model is for studying how well heights can be learnt, and
for comparison with other predictors.
"""


def _use(manifest: Manifest) -> str:
    inputs = "\n".join(
        f"    {name:<12} ({', '.join(map(str, shape))})"
        for name, shape in manifest.network.inputs.items()
    )
    return f"""## How to use it

    mheight predict samples.pkl --run BUNDLE -o predicted.csv

    from mheight.deployment import Predictor
    Predictor.load("BUNDLE").predict(samples)

`network.onnx` reads the feature set `{manifest.features}` of mheight and returns log2 of the
heights, `log2_height`, shape (rows, 1). Where there is an input for each group, it wants at least
one row of each, and answers group after group. Its inputs are

{inputs}

Whether a height is infinite (m >= minimum distance) is not for the network to say: mheight finds
that out exactly.
"""


def _training(manifest: Manifest) -> str:
    made = manifest.training
    failed = [one.name for one in manifest.criteria if one.passed is False]
    measured = sum(one.passed is not None for one in manifest.criteria)
    verdict = f"all {measured} met" if not failed else f"not met: {', '.join(failed)}"
    network = manifest.network
    return f"""## How it was trained

* data: {made.data}
* network: `{network.name}` on `{manifest.features}`, {network.parameters:,} parameters
* {made.epochs} epochs, {made.minutes:.1f} minutes, best epoch {made.best_epoch}
* no validation code, nor any equivalent to one, was trained on: {made.audit}
* success criteria on clean validation: {verdict}
"""


def _measured(manifest: Manifest) -> str:
    rows = [
        "| data | rows | overall | easy | medium | hard | in the interval | flagged |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in manifest.metrics:
        scores = one.scores
        tiers = [_figure(scores.tiers[tier.value]) for tier in Tier]
        held = "" if one.coverage is None else f"{one.coverage:.3f}"
        flagged = "" if one.flagged is None else f"{one.flagged:,}"
        count = sum(scores.counts.values())
        cells = [one.data, f"{count:,}", _figure(scores.overall), *tiers, held, flagged]
        rows.append("| " + " | ".join(cells) + " |")
    scored = [one.scores for one in manifest.metrics]
    among = Groups.together([manifest.trained, *(scores.among for scores in scored)])
    groups = [
        f"| {_kind(among)} | " + " | ".join(one.data for one in manifest.metrics) + " |",
        "|---" * (len(scored) + 1) + "|",
    ]
    for group, name in zip(among, among.names, strict=True):
        groups.append("| " + " | ".join([name, *(_figure(s.of(group)) for s in scored)]) + " |")
    intervals = manifest.intervals
    return f"""## On what it was measured

log2-MSE, the mean of (log2 h - log2 predicted)^2; overall is the mean of the groups that
the data has. No code equivalent to a training code is among the rows.

{chr(10).join(rows)}

By group:

{chr(10).join(groups)}

Intervals are meant to hold {intervals.level:.0%} of the exact heights on data like the
validation set; they held {intervals.overall:.3f} in the half of it that they were not
calibrated on.
"""


def _kind(groups: Groups) -> str:
    return "(k, m)" if groups.lengths == [9] else "(n, k, m)"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _limits(manifest: Manifest) -> str:
    longest = manifest.longest
    refused = "Other lengths and groups: refused."
    if longest is not None:
        refused = f"""Codes of n > {longest}: refused.
* Groups it was not trained on: predicted, with a flag. Their intervals are a rule, not a
  calibration: the widest ends of all trained groups, widened so far that they would have held
  for each trained length, had it been missing, and for codes d longer than any trained on by the
  factor 1 + d. The table above says how many heights they held where that was measured."""
    return f"""## Where it fails

* {refused}
* Codes unlike those it was trained on (smallest minor, zero minors, spread of the minors or
  predicted height outside the ranges of training): predicted, with a flag that says which. Trust
  them less.
* Intervals promise nothing on other data; the table above shows how far they hold there.
* It gives no witness. A height that matters should be computed exactly, with its codeword.
"""


def _versions(manifest: Manifest) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in manifest.versions.items())
    return f"""## Provenance

Exported {manifest.created} by mheight {manifest.mheight}. Trained with {versions}.
{_agreement(manifest.parity)}`SHA256SUMS` holds the hashes of all files: `sha256sum -c SHA256SUMS`.
"""


def _agreement(parity: Parity | None) -> str:
    if parity is None:
        return ""
    batches = ", ".join(map(str, parity.batches))
    return f"""\
The ONNX network agreed with the trained one to {parity.largest_difference:.1e} in log2 height on
{parity.rows:,} other codes in batches of {batches}.
"""
