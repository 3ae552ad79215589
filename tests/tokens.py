"""A program that asks the JSON API with a token."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.test import Client
from django.utils import timezone

from clinic import operations
from clinic.models import ApiToken, User

ROOT = "/api/v1"


def token_of(user: User, *, at: dt.datetime | None = None) -> ApiToken:
    """A token of the user, with its secret."""
    return operations.create_token_from_machine(
        user=user, name="Website", lasts=None, at=at or timezone.now()
    )


class Program(Client):
    """Sends a token with each request, and JSON. A crash is an answer too: 500."""

    def __init__(self, user: User | None = None, *, secret: str = "") -> None:
        secret = secret or (token_of(user).secret if user else "")
        super().__init__(headers={"Authorization": f"Bearer {secret}"} if secret else None)
        self.raise_request_exception = False

    def ask(self, path: str, **query: Any) -> Any:
        """The answer to a GET."""
        return self.get(f"{ROOT}/{path}", query)

    def send(self, path: str, body: Any = None, *, key: str = "") -> Any:
        """The answer to a POST."""
        headers = {"Idempotency-Key": key} if key else {}
        given: Any = {} if body is None else {"data": body}
        return self.post(
            f"{ROOT}/{path}", content_type="application/json", headers=headers, **given
        )


def told(answer: Any) -> tuple[int, str, str | None]:
    """Status, code and field of a "no", which has the one shape."""
    body = answer.json()
    assert set(body) == {"error"}, body
    fault = body["error"]
    assert set(fault) == {"code", "message", "field", "alternatives"}
    assert fault["message"].endswith("."), fault
    return answer.status_code, fault["code"], fault["field"]
