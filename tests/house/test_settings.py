"""Every setting that comes from the environment is in `.env.example`, and nothing else is."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_lists_exactly_the_settings_that_are_read():
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    call = re.compile(r'(?:env\.\w+|environ\.get|required)\(\s*["\']([A-Z_]+)["\']')
    files = ("clinic/settings.py", "gunicorn.conf.py", "bin/serve.py")
    read = {name for file in files for name in call.findall((ROOT / file).read_text())}
    assert listed == read
