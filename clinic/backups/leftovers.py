"""What a backup or restore that was killed has left behind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def sweep(folder: Path, pattern: str) -> None:
    """Remove what matches and ends in the number of a process that is no more."""
    for left in folder.glob(pattern):
        number = left.name.rpartition("-")[2]
        if number.isdigit() and not _lives(int(number)):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
