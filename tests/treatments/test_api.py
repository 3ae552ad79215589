"""Scans by JSON: what a code says, to who may see the stock."""

from __future__ import annotations

import pytest

from clinic.models import AuditEvent
from tests.cast import Cast
from tests.tokens import Program, told
from treatments.models import StockMovement

pytestmark = pytest.mark.usefixtures("clock")
GS = "\x1d"


def test_a_scan_is_answered_with_its_verdict_and_changes_nothing(cast: Cast) -> None:
    before = StockMovement.objects.count()
    answer = Program(cast.esthetician).send("scans", {"text": "01095212345432131728013110LOT42A"})
    assert answer.status_code == 200
    said = answer.json()
    assert said["accepted"], said
    assert (said["kind"], said["product"]) == ("unit", "Demo Cartridge 14")
    assert (said["lot"], said["expires_on"], said["expired"]) == ("LOT42A", "2028-01-31", False)
    assert StockMovement.objects.count() == before


def test_a_code_that_cannot_be_read_says_why(cast: Cast) -> None:
    said = Program(cast.manager).send("scans", {"text": "0109521234543214"}).json()
    assert (said["accepted"], said["kind"], said["expired"]) == (False, "refused", None)
    assert said["sentence"].endswith(".")


def test_who_sees_no_stock_reads_no_code(cast: Cast) -> None:
    answer = Program(cast.reception).send("scans", {"text": "0109521234543213"})
    assert told(answer)[:2] == (403, "R54")
    assert AuditEvent.objects.filter(action="page.open", outcome="refused").count() == 1


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "x" * 5001, 17, None])
def test_what_no_scanner_sends_is_refused(text: object, cast: Cast) -> None:
    answer = Program(cast.manager).send("scans", {"text": text})
    assert told(answer) == (422, "invalid", "text")


@pytest.mark.parametrize("text", [" ", GS, "]", "\u202e", "\ufffd", "<script>", "9" * 5000])
def test_nonsense_is_answered(text: str, cast: Cast) -> None:
    answer = Program(cast.manager).send("scans", {"text": text})
    assert answer.status_code in (200, 422)
