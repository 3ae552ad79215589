"""The API as a whole, and the treatment room's part of it: what a scan says."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils import timezone
from ninja import Router, Schema

from bookings import api as desk
from clinic.api import NOS, Code, Scan, Sent, clinic_of, make_api
from clinic.permissions import Permission
from clinic.tokens import ApiRequest
from treatments.queries.catalog import catalog_entry
from treatments.rules.intake import Kind, read_scan

router = Router(tags=["Scans"])


class ScanIn(Sent):
    """What a scanner read, or a person typed: group separators as they came, or as `{GS}`."""

    text: Scan
    clinic: Code | None = None


class VerdictOut(Schema):
    """What a scan says. `accepted`: product, lot and expiry are complete and nothing is wrong.

    Of a refused one, `sentence` says what is wrong and what would work; its other fields are what
    could be read, to compare with the print, never to act on.
    """

    accepted: bool
    kind: Kind
    sentence: str
    product: str | None
    di: str | None
    lot: str | None
    expires_on: dt.date | None
    expired: bool | None
    serial: str | None
    units: int | None
    unit_code: str | None
    quarantine: bool
    warnings: list[str]


@router.post("scans", response={200: VerdictOut, **NOS})
def scans(request: ApiRequest, given: ScanIn) -> Any:
    """Read a code as goods-in does; changes nothing, opens nothing."""
    clinic = clinic_of(request, given.clinic, Permission.SEE_STOCK)
    today = clinic.day_of(timezone.now())
    verdict = read_scan(given.text, today=today, catalog=catalog_entry)
    return {
        "accepted": verdict.accepted,
        "kind": verdict.kind,
        "sentence": verdict.sentence,
        "product": verdict.entry.product_name if verdict.entry else None,
        "di": verdict.di,
        "lot": verdict.lot,
        "expires_on": verdict.expires_on,
        "expired": verdict.expired_on(today) if verdict.expires_on else None,
        "serial": verdict.serial,
        "units": verdict.entry.units if verdict.entry else None,
        "unit_code": verdict.unit_code,
        "quarantine": verdict.quarantine,
        "warnings": [one.sentence for one in verdict.warnings],
    }


api = make_api(
    title="Stratum",
    version="1",
    description="The reception desk for programs: the desk's own acts, under its own rules.",
    urls_namespace="api",
    # Says what can be asked, and nothing of any clinic.
    docs_decorator=login_not_required,
)
api.add_router("", desk.router)
api.add_router("", router)
