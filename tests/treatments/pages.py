"""The treatment pages as a tablet sees them."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from treatments.models import Treatment

HTMX = {"HX-Request": "true"}


def address(chart: Treatment, act: str = "") -> str:
    """The chart's page, or the door of an act on it."""
    return reverse(f"treatment-{act}" if act else "treatment", args=[chart.pk])


def send(client: Client, chart: Treatment, act: str, **fields: Any) -> Any:
    """A form of the chart, sent without JavaScript."""
    return client.post(address(chart, act), fields)


def words(answer: Any) -> str:
    """What a person reads on a page: its text without markup, in one line."""
    body = re.sub(r"<(script|template|head)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def value(answer: Any, name: str) -> str:
    """What stands in the named field of a page."""
    body = answer.content.decode()
    found = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', body)
    if found:
        given = re.search(r'\bvalue="([^"]*)"', found.group())
        return html.unescape(given.group(1)) if given else ""
    area = re.search(rf'<textarea[^>]*\bname="{name}"[^>]*>\n?(.*?)</textarea>', body, re.S)
    assert area, f"no field {name}"
    return html.unescape(area.group(1))
