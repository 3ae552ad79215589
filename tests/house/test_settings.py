"""Every setting that comes from the environment is in `.env.example`, and nothing else is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"HOST": "0.0.0.0", "PORT": "8001"}, "http://127.0.0.1:8001"),
        ({"HOST": "::", "PORT": ""}, "http://[::1]:8000"),
        ({"HTTPS": "true", "ALLOWED_HOSTS": "clinic.example,x.example"}, "https://clinic.example"),
        ({"HTTPS": "true", "ALLOWED_HOSTS": ""}, "http://127.0.0.1:8000"),
        ({"SITE_ADDRESS": "https://clinic.example/"}, "https://clinic.example"),
        ({"SITE_ADDRESS": "clinic.example"}, "SITE_ADDRESS must begin with https://"),
    ],
)
def test_links_in_mails_begin_with_the_site_s_own_address(tmp_path, given, address):
    keys = {"SECRET_KEY": "x" * 50, "AUDIT_KEY": "0" * 64, "VAR_DIR": str(tmp_path)}
    asked = "from clinic import settings; print(settings.SITE_ADDRESS)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | keys | given,
        capture_output=True,
        text=True,
    )
    assert address in done.stdout.splitlines() or address in done.stderr


def test_the_example_lists_exactly_the_settings_that_are_read():
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    call = re.compile(r'(?:env\.\w+|environ\.get|required)\(\s*["\']([A-Z_]+)["\']')
    files = ("clinic/settings.py", "gunicorn.conf.py", "bin/serve.py")
    read = {name for file in files for name in call.findall((ROOT / file).read_text())}
    assert listed == read
