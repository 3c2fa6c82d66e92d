"""Documentation that must not drift from the code."""

from __future__ import annotations

import re

from pydantic import BaseModel
from tiny import ROOT

from mheight.experiments.config import RunConfig, StreamConfig, all_keys
from mheight.models import RelationsConfig, ResidualConfig, SetsConfig


def default(key: str) -> object:
    config = RunConfig(stream=StreamConfig()) if key.startswith("stream.") else RunConfig()
    # A key of several networks is documented with the default of the first.
    for model in (ResidualConfig(), SetsConfig(), RelationsConfig()):
        if key.removeprefix("model.") in type(model).model_fields:
            config = config.model_copy(update={"model": model})
            break
    value: object = config
    for part in key.split("."):
        assert isinstance(value, BaseModel)
        value = getattr(value, part)
    return value


def written(value: object) -> str:
    if value is None:
        return "none"
    if value == "":
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    return f"`{value}`"


def test_every_key_is_documented_with_its_default():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `([a-z0-9_.]+)` \| (.+?) \|", text, re.MULTILINE))
    expected = {key: written(default(key)) for key in all_keys(RunConfig)}
    assert documented == expected


def test_links_between_pages_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
