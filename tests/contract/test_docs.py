"""Documentation that must not drift from the code."""

from __future__ import annotations

import re
import shlex

import yaml
from pydantic import BaseModel
from tiny import ROOT

import mheight
from mheight.cli.main import app
from mheight.experiments.config import RunConfig, StreamConfig
from mheight.experiments.settings_checks import all_keys
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
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def pages_of(nav: list) -> list[str]:
    found = []
    for entry in nav:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            found += pages_of(value) if isinstance(value, list) else [value]
    return found


def test_the_site_has_every_page():
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    docs = ROOT / "docs"
    assert sorted(pages_of(nav)) == sorted(str(p.relative_to(docs)) for p in docs.rglob("*.md"))


def commands() -> list[tuple[str, str]]:
    """Every `mheight ...` line of README and docs, with the page it stands on."""
    found = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for line in re.findall(r"^    (mheight .+)$", page.read_text(encoding="utf-8"), re.M):
            found.append((page.name, line.split("  #")[0].rstrip()))
    return found


def test_commands_in_the_docs_exist_with_their_options():
    lines = commands()
    assert len(lines) > 50
    for page, line in lines:
        words = shlex.split(line)[1:]
        command = app
        while hasattr(command, "commands") and words and not words[0].startswith("-"):
            assert words[0] in command.commands, f"{page}: {line}"
            command = command.commands[words.pop(0)]
            command = getattr(command, "load", lambda command=command: command)()
        options = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
        for word in words:
            if re.fullmatch(r"--?[a-zA-Z][a-z-]*", word):
                assert word in options, f"{page}: {line}: {word}"


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["version"] == mheight.__version__
