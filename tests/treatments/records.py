"""What `verify_audit` says of the records, lots and units of a test."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinic import constraints


def verify() -> str:
    """What the command says, with the guards back in their places."""
    constraints.install(connection)
    said = StringIO()
    call_command("verify_audit", stdout=said)
    return said.getvalue()


def named() -> str:
    with pytest.raises(CommandError) as error:
        verify()
    return str(error.value)
