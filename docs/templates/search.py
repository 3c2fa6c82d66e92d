"""A hook of the site: a search that works from disk too.

The search of the theme asks for its index, which a browser refuses to a page that it opened
from disk.  A script may be loaded there, so the index becomes one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

_OF_THE_PLUGIN = "search/main.js"


def on_env(env: Any, config: Any, **_: Any) -> Any:
    """Leave out the script of the plugin."""
    config.extra_javascript[:] = [s for s in config.extra_javascript if str(s) != _OF_THE_PLUGIN]
    return env


def on_post_build(config: Any, **_: Any) -> None:
    """Write the index as a script, and drop what is not used."""
    folder = Path(config.site_dir) / "search"
    index = (folder / "search_index.json").read_text(encoding="utf-8")
    (folder / "search_index.js").write_text(f"window.searchIndex = {index};\n", encoding="utf-8")
    for name in ("search_index.json", "main.js", "worker.js"):
        (folder / name).unlink()
