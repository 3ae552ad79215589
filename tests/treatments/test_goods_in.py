"""Goods-in: a delivery is scanned, or typed by two people, and each unit gets a code of its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from tests import factories
from tests.cast import NOW, PASSWORD, Cast
from tests.refusals import refusal, told
from tests.treatments.pages import value, words
from treatments import operations
from treatments.models import Cartridge, CartridgeLot, StockMovement

UNIT = "]d2010952123454321317290630{gs}10NEW7"
BOX = "]d201195212345432101729063010NEW7"
EXPIRED = "010952123454321317261123{gs}10OLD2"
OTHER_EXPIRY = "01095212345432131728053110LOT42A"
UNKNOWN = "01095298760000191729063010L1"
GS = "\x1d"
SCAN, CONFIRM = "cartridge-receive", "cartridge-receive-confirm"
BY_HAND = "cartridge-receive-by-hand"


@pytest.fixture
def desk(cast: Cast, enter: Any, clock: Any) -> Client:
    client: Client = enter(cast.manager)
    return client


def scan(client: Client, text: str) -> Any:
    return client.post(reverse(SCAN), {"scan": text})


def confirm(client: Client, text: str, packages: object = 1, **more: Any) -> Any:
    return client.post(reverse(CONFIRM), {"scan": text, "packages": packages, **more})


def by_hand(client: Client, cast: Cast, **given: Any) -> Any:
    values = {
        "package": cast.product.identifiers.get(value="19521234543210").pk,
        "lot": "HAND1",
        "expires_on": "2028-02-29",
        "packages": 2,
        "second_person": cast.esthetician.email,
        "second_password": PASSWORD,
    }
    return client.post(reverse(BY_HAND), {**values, **given})


def new_lots() -> set[str]:
    known = {"LOT42A", "OLD1"}
    return {
        *CartridgeLot.objects.filter(clinic__code="austin").values_list("lot", flat=True)
    } - known


# The scan


def test_the_scan_field_is_focused_and_a_good_code_asks_how_many(desk) -> None:
    page = desk.get(reverse(SCAN)).content.decode()
    assert page.count("autofocus") == 1
    assert (
        'name="scan"'
        in page.split("autofocus")[0].rpartition("<input")[2] + page.split("autofocus")[1]
    )
    answer = scan(desk, UNIT.format(gs=GS))
    assert answer.status_code == 200
    assert "Lot NEW7" in words(answer)
    assert "Sat, Jun 30, 2029" in words(answer)
    assert value(answer, "packages") == "1"
    assert value(answer, "scan") == UNIT.format(gs=GS)
    assert new_lots() == set()  # a scan changes nothing


@pytest.mark.rule("R9")
def test_a_box_becomes_as_many_units_as_it_holds(desk, cast) -> None:
    answer = confirm(desk, BOX, 3, supplier="Lumen")
    lot = CartridgeLot.objects.get(lot="NEW7")
    assert answer.headers["Location"] == reverse("cartridge-codes", args=[lot.pk])
    codes = [*lot.units.order_by("number").values_list("unit_code", flat=True)]
    assert len(codes) == 30
    first = int(codes[0][2:])
    assert codes == [f"C-{number:06d}" for number in range(first, first + 30)]
    assert {unit.status for unit in lot.units.all()} == {"in_stock"}
    received = StockMovement.objects.filter(lot=lot)
    assert {*received.values_list("kind", "to_status", "by__name")} == {
        ("receive", "in_stock", "Maya Okoye")
    }
    assert (lot.supplier, lot.entered, lot.received_on) == ("Lumen", "scan", dt.date(2026, 11, 24))
    page = words(desk.get(answer.headers["Location"]))
    assert f"30 units are on file: {codes[0]} to {codes[-1]}." in page
    assert all(code in page for code in codes)


def test_a_second_delivery_of_a_lot_adds_units_and_each_has_its_page_of_codes(
    desk, cast, clock
) -> None:
    confirm(desk, UNIT.format(gs=GS))
    clock.shift(60)
    confirm(desk, BOX)
    lot = CartridgeLot.objects.get(lot="NEW7")
    assert lot.units.count() == 11
    address = reverse("cartridge-codes", args=[lot.pk])
    assert "10 units" in words(desk.get(address))
    assert "1 unit" in words(desk.get(f"{address}?delivery=2"))
    for wrong in ("3", "0", "-1", "x", "9" * 30, "²"):
        assert desk.get(address, {"delivery": wrong}).status_code == 404


@pytest.mark.rule("P3")
def test_pressed_twice_it_comes_in_once(desk) -> None:
    first = confirm(desk, UNIT.format(gs=GS), once="key-1")
    second = confirm(desk, UNIT.format(gs=GS), once="key-1")
    assert first.headers["Location"] == second.headers["Location"]
    assert CartridgeLot.objects.get(lot="NEW7").units.count() == 1


@pytest.mark.rule("R14", "S3")
@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (UNKNOWN, 422, "Not in the catalog"),
        ("010952123454321310LOT42A17280630", 422, "separator between the fields was lost"),
        ("0109521234543214172906301 0L1", 422, "can't be used"),
        ("]E09521234543213", 422, "Lot and expiry are missing"),
        ("C-000001", 422, "C-000001 is a unit code"),
        ("https://evil.example/01/09521234543213/10/A?17=290630&17=290631", 422, "can't be used"),
        ("'; DROP TABLE clinic_patient; --", 422, "can't be used"),
        ("x" * 290, 422, "at most 200 characters"),
        ("y" * 5000, 422, "at most 200 characters"),
        ("", 422, "Nothing was scanned"),
        ("   ", 422, "The text has only spaces"),
        ("\ud800", 422, "can't be used"),
    ],
)  # fmt: skip
def test_a_bad_code_is_refused_in_words_and_kept(desk, text, status, said) -> None:
    sent = text.encode("utf-8", "replace").decode()
    answer = scan(desk, sent)
    assert answer.status_code == status
    assert said in words(answer)
    assert new_lots() == set()
    if sent.strip() and len(sent) < 300:
        assert value(answer, "scan") == sent


def test_a_product_code_leads_to_two_people_with_the_product_filled_in(desk, cast) -> None:
    page = scan(desk, "09521234543213").content.decode()
    address = reverse(BY_HAND) + "?di=09521234543213"
    assert address in page
    form = desk.get(address).content.decode()
    pouch = cast.product.identifiers.get(value="09521234543213")
    assert f'<option value="{pouch.pk}" selected>' in form


# What does not come in


@pytest.mark.rule("S7")
def test_an_expired_lot_comes_in_only_to_be_counted(desk) -> None:
    code = EXPIRED.format(gs=GS)
    page = scan(desk, code)
    assert page.status_code == 200
    assert "Expired: quarantine only" in words(page)
    refused = confirm(desk, code)
    assert refused.status_code == 422
    assert "This lot expired on Mon, Nov 23, 2026." in words(refused)
    assert value(refused, "scan") == code
    assert new_lots() == set()
    assert confirm(desk, code, quarantine="on").status_code == 302
    lot = CartridgeLot.objects.get(lot="OLD2")
    assert {unit.status for unit in lot.units.all()} == {"quarantined"}
    assert Cartridge.objects.filter(lot=lot).fit_to_use(on=dt.date(2026, 11, 20)).count() == 0


@pytest.mark.rule("R15")
def test_one_lot_with_two_expiry_dates_is_a_conflict(desk, cast) -> None:
    page = scan(desk, OTHER_EXPIRY)
    assert page.status_code == 409
    assert "Two expiry dates for one lot" in words(page)
    assert "on file with expiry Fri, Jun 30, 2028" in words(page)
    sent = confirm(desk, OTHER_EXPIRY)
    assert sent.status_code == 409
    assert cast.lot.units.count() == 5


@pytest.mark.parametrize("packages", ["0", "-1", "2001", "1e9", "1,5", "1.5", "", "NaN", "٣٣٣٣٣"])
def test_an_impossible_quantity_is_refused_beside_its_field(desk, packages) -> None:
    answer = confirm(desk, UNIT.format(gs=GS), packages)
    assert answer.status_code == 422
    assert new_lots() == set()
    assert value(answer, "packages") == packages


def test_too_many_units_in_boxes_are_refused_by_the_act(desk) -> None:
    answer = confirm(desk, BOX, 201)
    assert answer.status_code == 422
    assert "Receive at most 200 packages at a time: each holds 10 units." in words(answer)


@pytest.mark.rule("P16")
def test_the_confirmation_believes_the_code_and_nothing_beside_it(desk) -> None:
    confirm(desk, UNIT.format(gs=GS), lot="MINE", expires_on="2039-01-01", scan_text="x")
    lot = CartridgeLot.objects.get(lot="NEW7")
    assert lot.expires_on == dt.date(2029, 6, 30)
    for forged in ("", "nonsense", "C-000001", "09521234543213", UNKNOWN):
        assert confirm(desk, forged).status_code == 422
    assert new_lots() == {"NEW7"}


def test_the_act_itself_reads_the_code_again(cast, clock) -> None:
    given = {"clinic": cast.clinic, "packages": 1, "by": cast.manager, "at": NOW}
    assert told(refusal(operations.receive_scan, scan="zzz", **given)) == (422, "R14", "scan")
    assert told(refusal(operations.receive_scan, scan=UNKNOWN, **given)) == (422, "S3", "scan")
    assert told(refusal(operations.receive_scan, scan="C-000001", **given)) == (422, "R14", "scan")
    ask = refusal(operations.receive_scan, scan="09521234543213", **given)
    assert told(ask) == (422, "R14", "scan")
    refused = AuditEvent.objects.filter(action="cartridge.receive", outcome="refused")
    assert {*refused.values_list("rule", flat=True)} == {"R14", "S3"}


def test_a_month_printed_alone_is_kept_as_a_month(desk) -> None:
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
    body = "+A999SPCART10/$$0228MONTHLY"
    code = body + signs[sum(signs.index(sign) for sign in body) % 43]
    assert "February 2028" in words(scan(desk, code))
    assert confirm(desk, code).status_code == 302
    lot = CartridgeLot.objects.get(lot="MONTHLY")
    assert (lot.expires_on, lot.precision) == (dt.date(2028, 2, 29), "month")


# By hand, with a second person


@pytest.mark.rule("R14")
def test_two_people_bring_in_what_no_scanner_reads(desk, cast) -> None:
    assert by_hand(desk, cast).status_code == 302
    lot = CartridgeLot.objects.get(lot="HAND1")
    assert (lot.entered, lot.expires_on, lot.units.count()) == ("manual", dt.date(2028, 2, 29), 20)
    event = AuditEvent.objects.filter(action="cartridge.receive", outcome="done").latest("seq")
    assert "Ana Ruiz" in event.detail
    assert PASSWORD not in event.detail


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"second_password": "wrong"}, "second_password"),
        ({"second_password": ""}, "second_password"),
        ({"second_person": "maya@demo.example"}, "second_person"),
        ({"second_person": "tess@demo.example"}, "second_person"),
        ({"second_person": "ghost@demo.example"}, "second_person"),
        ({"second_person": ""}, "second_person"),
        ({"lot": " HAND1"}, "lot"),
        ({"lot": "A" * 21}, "lot"),
        ({"lot": ""}, "lot"),
        ({"lot": "A\x00"}, "lot"),
        ({"expires_on": "2028-02-30"}, "expires_on"),
        ({"expires_on": "9999-12-31"}, "expires_on"),
        ({"expires_on": "2037-01-01"}, "expires_on"),
        ({"expires_on": "2019-12-31", "quarantine": "on"}, "expires_on"),
        ({"second_person": "rosa@demo.example"}, "second_person"),
        ({"expires_on": "2026-11-23"}, "quarantine"),
        ({"package": "00000000-0000-0000-0000-000000000000"}, "package"),
        ({"packages": "0"}, "packages"),
    ],
)
def test_by_hand_a_fault_stands_beside_its_field_and_nothing_comes_in(
    desk, cast, given, field
) -> None:
    answer = by_hand(desk, cast, **given)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert new_lots() == set()
    assert PASSWORD not in answer.content.decode()
    assert value(answer, "packages") == str(given.get("packages", 2))


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("maya@demo.example", "This is you. The second person is somebody else."),
        ("tess@demo.example", "Nobody of this clinic has this email address."),
        ("ghost@demo.example", "Nobody of this clinic has this email address."),
        ("rosa@demo.example", "Rosa Alvarez does not handle cartridges here."),
    ],
)
def test_who_cannot_be_the_second_person_is_said(desk, cast, email, says) -> None:
    assert says in words(by_hand(desk, cast, second_person=email))


def test_a_wrong_second_password_is_audited(desk, cast) -> None:
    by_hand(desk, cast, second_password="wrong")
    refused = AuditEvent.objects.filter(action="user.confirm", outcome="refused")
    assert refused.count() == 1


@pytest.mark.rule("R4")
def test_a_printed_month_is_good_through_its_last_day(desk, cast) -> None:
    by_hand(desk, cast, expires_on="2028-02-01", month_only="on")
    lot = CartridgeLot.objects.get(lot="HAND1")
    assert (lot.expires_on, lot.precision) == (dt.date(2028, 2, 29), "month")


@pytest.mark.rule("R16")
def test_a_lot_is_kept_sign_by_sign(desk, cast) -> None:
    for lot in ("O0O", "000", "o0o"):
        assert by_hand(desk, cast, lot=lot).status_code == 302
    assert new_lots() == {"O0O", "000", "o0o"}


@pytest.mark.rule("P15")
def test_each_clinic_receives_for_itself(cast, enter, clock) -> None:
    other = enter(cast.stranger)
    assert confirm(other, UNIT.format(gs=GS)).status_code == 302
    lot = CartridgeLot.objects.get(lot="NEW7")
    assert lot.clinic == cast.other_clinic
    assert {unit.clinic for unit in lot.units.all()} == {cast.other_clinic}


def test_an_inactive_product_is_refused(desk, cast) -> None:
    cast.product.is_active = False
    cast.product.write(only=["is_active"])
    answer = confirm(desk, UNIT.format(gs=GS))
    assert answer.status_code == 422
    assert "is not in use" in words(answer)


def test_unit_codes_go_on_from_the_highest_in_the_house(desk, cast) -> None:
    highest = Cartridge.objects.order_by("-number")[0].number
    factories.lot(cast.other_clinic, cast.product, "THEIRS", units=3, by=cast.stranger)
    confirm(desk, UNIT.format(gs=GS))
    assert CartridgeLot.objects.get(lot="NEW7").units.get().number == highest + 4
