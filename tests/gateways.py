"""Servers for the outbox to talk to: a mail server, and a provider of text messages."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller


class MailServer:
    """A mail server: what came in, and whom it refuses (address → what it says)."""

    def __init__(self) -> None:
        self.refuses: dict[str, str] = {}
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if says := self.refuses.get(address):
            return says
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 Taken"


class _AnyPort(Controller):
    """A controller that asks whether its server stands at the port which was free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A mail server on this machine, to which the outbox sends."""
    handler = MailServer()
    controller = _AnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    yield handler
    controller.stop()


class TextProvider:
    """A provider of text messages: what came in, as (path, text), and what it answers."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.answer = 200
        self.waits = 0.0
        self.port = 0


@contextmanager
def _listening(provider: TextProvider) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if provider.answer == 200:
                provider.texts.append((self.path, sent["message"]))
            time.sleep(provider.waits)
            self.send_response(provider.answer)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def texts(settings: Any) -> Iterator[TextProvider]:
    """A provider of text messages on this machine, to which the outbox sends."""
    provider = TextProvider()
    with _listening(provider):
        settings.SMS_URL = f"json://127.0.0.1:{provider.port}/{{to}}?rto=0.5&cto=0.5"
        yield provider
