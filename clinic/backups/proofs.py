"""When a backup was last proven: restored to a scratch database, and the audit verified there."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.conf import settings


def _file() -> Path:
    return Path(settings.VAR_DIR) / "proven-backup.json"


def note_proven(file: Path, manifest: dict[str, Any], *, at: dt.datetime) -> None:
    """Keep that this backup was proven; an older one never takes a newer one's place."""
    before = last_proven()
    made_at = dt.datetime.fromisoformat(manifest["made_at"])
    if before and before["made_at"] > made_at:
        return
    note = {
        "file": str(file),
        "made_at": made_at.isoformat(),
        "proven_at": at.astimezone(dt.UTC).isoformat(timespec="seconds"),
    }
    new = _file().with_suffix(".new")
    new.write_text(json.dumps(note, indent=1) + "\n")
    new.replace(_file())


def last_proven() -> dict[str, Any] | None:
    """`file`, `made_at` and `proven_at` of the newest backup that was proven here, if any."""
    try:
        note = json.loads(_file().read_text())
        times = {key: dt.datetime.fromisoformat(note[key]) for key in ("made_at", "proven_at")}
        return {"file": str(note["file"]), **times}
    except (OSError, ValueError, KeyError, TypeError):
        # Never proven, or a note that somebody spoiled: then nothing is known.
        return None
