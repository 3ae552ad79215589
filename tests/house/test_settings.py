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


def python(tmp_path, given, *asked):
    return subprocess.run(
        [sys.executable, *asked],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)} | given,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(("given", "keeps"), [({}, True), ({"DATABASE_PREPARE": "false"}, False)])
def test_a_postgresql_server_keeps_plans_where_it_may(tmp_path, given, keeps):
    keys = {"SECRET_KEY": "x" * 50, "AUDIT_KEY": "0" * 64}
    server = {"DATABASE_URL": "postgres://one@127.0.0.1:1/stratum"}
    asked = "from clinic import settings; print(settings.DATABASES['default'])"
    done = python(tmp_path, keys | server | given, "-c", asked)
    assert f"'server_side_binding': {keeps}" in done.stdout
    assert f"'DISABLE_SERVER_SIDE_CURSORS': {not keeps}" in done.stdout
    assert "'pool'" in done.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "appointments@localhost True"),
        ({"SITE_ADDRESS": "https://clinic.example"}, "appointments@clinic.example True"),
        ({"DEFAULT_FROM_EMAIL": "a@b.example"}, "a@b.example True"),
        (
            {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"},
            "appointments@localhost False",
        ),
    ],
)
def test_mail_has_a_sender_and_is_known_to_leave_or_not(tmp_path, given, said):
    keys = {"SECRET_KEY": "x" * 50, "AUDIT_KEY": "0" * 64}
    asked = "from clinic import settings as s; print(s.DEFAULT_FROM_EMAIL, s.MAIL_STAYS_HERE)"
    assert python(tmp_path, keys | given, "-c", asked).stdout.strip() == said


def test_a_missing_key_is_one_line_that_names_the_folder(tmp_path):
    done = python(tmp_path, {}, "manage.py", "backup", "x")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        f"SECRET_KEY is not set. {tmp_path}/env does not set it: export the VAR_DIR in which the "
        "data lie, or set 50 random characters."
    ]


def test_a_provider_of_text_messages_that_is_told_no_number_stops_the_start(tmp_path):
    keys = {"SECRET_KEY": "x" * 50, "AUDIT_KEY": "0" * 64, "VAR_DIR": str(tmp_path)}
    for url, stops in (("json://sms.example/", True), ("json://sms.example/{to}", False)):
        done = subprocess.run(
            [sys.executable, "-c", "from clinic import settings"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "SMS_URL": url} | keys,
            capture_output=True,
            text=True,
        )
        assert ("SMS_URL has no {to}" in done.stderr) is stops


def test_the_example_lists_exactly_the_settings_that_are_read():
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    call = re.compile(r'(?:env\.\w+|environ\.get|required)\(\s*["\']([A-Z_]+)["\']')
    files = ("clinic/settings.py", "gunicorn.conf.py", "bin/serve.py")
    read = {name for file in files for name in call.findall((ROOT / file).read_text())}
    assert listed == read
