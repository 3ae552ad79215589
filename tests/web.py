"""Many browsers at once over HTTP, each with a session and a connection of its own."""

from __future__ import annotations

import re
import threading
import time
import urllib.parse
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection

from django.test import Client

from clinic.models import User
from tests.server import Server

CSRF = "c" * 32


@dataclass
class Reply:
    """What one press came back with, and after how many seconds."""

    status: int
    page: str
    took: float
    address: str = ""

    @property
    def says(self) -> str:
        """The page's words, without its markup."""
        body = re.sub(r"<(script|style)\b.*?</\1>", " ", self.page, flags=re.S)
        return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@dataclass(frozen=True)
class Press:
    """One form that one person is about to send."""

    user: User
    path: str
    form: dict[str, str]


def all_at_once(server: Server, presses: Sequence[Press]) -> list[Reply]:
    """Send every form at the same moment; redirects are not followed."""
    cookies = [_session(press.user) for press in presses]
    _wake(server, presses[0].path, cookies[0])
    gate = threading.Barrier(len(presses))

    def send(press: Press, session: str) -> Reply:
        host = urllib.parse.urlsplit(server.url).netloc
        connection = HTTPConnection(host, timeout=60)
        connection.connect()
        form = {"once": uuid.uuid4().hex, "csrfmiddlewaretoken": CSRF} | press.form
        headers = {
            "Cookie": f"sessionid={session}; csrftoken={CSRF}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        gate.wait(60)
        begun = time.perf_counter()
        connection.request("POST", press.path, urllib.parse.urlencode(form), headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        took = time.perf_counter() - begun
        connection.close()
        return Reply(answer.status, page, took, answer.getheader("Location", ""))

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(send, presses, cookies))


def _wake(server: Server, path: str, session: str) -> None:
    """Let every process of the server load its code first, as it has in a clinic by nine."""

    def look(_n: int) -> None:
        connection = HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
        connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
        connection.getresponse().read()
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(16)))


def _session(user: User) -> str:
    client = Client()
    client.force_login(user, backend="clinic.accounts.StaffBackend")
    return client.cookies["sessionid"].value
