"""A small HTTP client that keeps its session, and a server to measure."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def serving(log: Path) -> Iterator[tuple[str, int]]:
    """The product behind gunicorn, with as many processes and threads as a clinic has that sets
    none; yields its host and port."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening, log.open("wb") as out:
        # As on a socket of gunicorn's own: else each answer waits 40 ms for an acknowledgment.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listening.fileno()}"],
            cwd=ROOT,
            pass_fds=[listening.fileno()],
            stdout=out,
            stderr=out,
        )
        try:
            yield "127.0.0.1", listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait(30)


class Browser:
    """Keeps cookies and one connection; every answer's body is read whole."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.connection = http.client.HTTPConnection(*address, timeout=60)
        self.cookies: dict[str, str] = {}

    def send(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """The status and the body of the answer; redirects are not followed."""
        body = urllib.parse.urlencode(form) if form is not None else None
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} | (
            headers or {}
        )
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Referer"] = f"http://{self.address[0]}:{self.address[1]}{path}"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # gunicorn closes an idle connection now and then; a browser opens another.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, text

    def log_in(self, email: str, password: str) -> None:
        """Through the real log-in page; where many log in at once, one is asked to
        wait and tries again."""
        for _ in range(20):
            _status, page = self.send("GET", "/accounts/login/")
            form = {"login": email, "password": password, "csrfmiddlewaretoken": csrf_in(page)}
            status, text = self.send("POST", "/accounts/login/", form)
            if status == 302:
                return
            time.sleep(0.5)
        words = " ".join(re.sub(r"<[^>]*>", " ", text.partition("<main")[2]).split())
        raise SystemExit(f"Log-in answered {status}: {words[:500]}")


def csrf_in(page: str) -> str:
    """The CSRF token of a page's form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if not found:
        raise SystemExit("The page has no CSRF token.")
    return found[1]


def timed(browser: Browser, path: str, times: int) -> list[float]:
    """Seconds of each of so many GETs, after three that do not count."""
    for _ in range(3):
        browser.send("GET", path)
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        status, _text = browser.send("GET", path)
        took.append(time.perf_counter() - begun)
        if status != 200:
            raise SystemExit(f"{path} answered {status}.")
    return took
