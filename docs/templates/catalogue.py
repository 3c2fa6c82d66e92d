"""A hook of the site: the catalogue of good codes as a script, which pages on disk may load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def on_post_build(config: Any, **_: Any) -> None:
    """Write all entries, with matrices and codewords."""
    from mheight.catalogue import shipped
    from mheight.catalogue.exports import as_json

    known = shipped()
    entries = json.loads(as_json([e for n in known.lengths() for e in known.of_length(n)]))
    text = json.dumps(entries, separators=(",", ":"))
    folder = Path(config.site_dir) / "js"
    folder.mkdir(exist_ok=True)
    (folder / "good_codes_rows.js").write_text(f"window.goodCodes = {text};\n", encoding="utf-8")
