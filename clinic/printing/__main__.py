"""The process that lays a page out: HTML and CSS in, PDF out."""

from __future__ import annotations

import json
import sys
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher


class Nothing(URLFetcher):
    """Whatever a page refers to is refused: a name typed into it must not open a file."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        raise ValueError("A printed page refers to nothing outside itself.")


def main() -> None:
    asked = json.load(sys.stdin)
    page = HTML(string=asked["html"], url_fetcher=Nothing())
    sys.stdout.buffer.write(page.write_pdf(stylesheets=[CSS(string=asked["css"])]))


main()
