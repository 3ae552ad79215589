"""Bring tables, static files, catalogs and demo data up to date; print the demo accounts and
where mail goes.

One process for all of it: each start of Django costs a second.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_catalog", verbosity=0)
    if os.environ.get("DEMO", "1") != "0":
        call_command("seed_demo")
    if settings.MAIL_STAYS_HERE:
        print(f"Mail is sent to nobody: it lies in {settings.EMAIL_FILE_PATH} (docs/operate.md).")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    main()
