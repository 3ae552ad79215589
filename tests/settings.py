"""The product's settings as the tests run them: a folder and keys to throw away.

The engine stays the caller's choice: DATABASE_URL names a PostgreSQL server on which the
tests may make databases of their own; without it they run on SQLite files.
"""

import os
import tempfile
import uuid

# What the person at the keyboard has set must not decide whether a test passes.
OUTSIDE = ("ALLOWED_HOSTS", "BEHIND_PROXY", "DEBUG", "DEMO_PASSWORD", "HOST", "HTTPS", "PORT")
for name in (*OUTSIDE, "MFA_REQUIRED", "SITE_ADDRESS", "SITE_NAME", "SMS_URL"):
    os.environ.pop(name, None)

# One folder for the whole run, made and taken away by conftest.py in the first process; the
# workers and the servers that tests start inherit its name.
if "TEST_VAR_DIR" not in os.environ:
    os.environ["TEST_VAR_DIR"] = f"{tempfile.gettempdir()}/stratum-tests-{uuid.uuid4().hex[:12]}"

os.environ |= {
    "VAR_DIR": os.environ["TEST_VAR_DIR"],
    "SECRET_KEY": "only-for-tests-" + "0123456789" * 5,
    "AUDIT_KEY": "0123456789abcdef" * 4,
    "STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
    # Tests clone and drop databases; a pool would keep connections to them.
    "DATABASE_POOL": os.environ.get("TEST_DATABASE_POOL", "false"),
    # The browser library keeps an event loop in the thread of the test.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}

from clinic.settings import *  # noqa: E402, F403 - after the environment is settled
from tests.house.unknown import Unknown  # noqa: E402

# A variable that a template of ours names and nobody gives fails the test that shows it.
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = Unknown()  # type: ignore[index]  # noqa: F405

# Pages get their style sheets from the apps' folders, with nothing collected before.
WHITENOISE_USE_FINDERS = True
# Argon2 is slow on purpose; tests log in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The test runner keeps mail in memory, as a mail server takes it.
MAIL_STAYS_HERE = False
