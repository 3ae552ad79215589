"""Pages on paper: HTML into PDF, in a process of its own.

Laying out takes a second of one core and tens of megabytes; apart, no other page waits for it, and
whatever it does to its memory ends with it. The process reaches nothing: no address, no file,
no secret of the environment.
"""

from __future__ import annotations

import ctypes.util
import json
import os
import subprocess
import sys
from pathlib import Path

# What WeasyPrint loads beside its own code, and Debian's packages of it.
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
MOST_SECONDS = 90
PASSED_ON = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "FONTCONFIG_PATH", "FONTCONFIG_FILE")
HOUSE = Path(__file__).resolve().parent.parent.parent


class CannotPrint(Exception):
    """No PDF can be made here; says why, and what would work, in words for a person."""


def what_lacks() -> str:
    """What has to be installed before anything can be printed, in one sentence; "" when nothing."""
    missing = [name for name in LIBRARIES if ctypes.util.find_library(name) is None]
    if not missing:
        return ""
    return f"This server lacks {', '.join(missing)}: install {PACKAGES} (Debian's names)."


def pdf_of(html: str, *, css: str) -> bytes:
    """The HTML, laid out by this style sheet, as a PDF; it may refer to nothing outside itself.

    Raises CannotPrint where a library is missing, or the layout fails or takes too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "clinic.printing"],
            input=json.dumps({"html": html, "css": css}).encode(),
            capture_output=True,
            cwd=HOUSE,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise CannotPrint("The page took too long to lay out. Try it again.") from late
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise CannotPrint(what_lacks() or "The page could not be laid out. Try it again.")
    return done.stdout
