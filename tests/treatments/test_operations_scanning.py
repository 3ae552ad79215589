"""What a scan says before anything is opened."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from clinic.models import AuditEvent
from tests import factories
from tests.cast import NOW, Cast
from tests.refusals import refusal, told
from tests.treatments.test_operations_custody import LOT42A, claim, scan, waste
from tests.treatments.visits import chart_at, fit_unit
from treatments import operations as treatments
from treatments.models import StockMovement, Treatment


@pytest.fixture
def chart(cast: Cast) -> Treatment:
    """A treatment that has started and waits for its cartridge."""
    return chart_at(cast, "started")


def noted() -> tuple[str, str, dict[str, object]]:
    """Action, outcome and detail of the last event."""
    event = AuditEvent.objects.exclude(chain="system").latest("seq")
    return event.action, event.outcome, json.loads(event.detail)


@pytest.mark.parametrize("text", ["C-000002", "c-000002", " C-000002\r\n", "]C0C-000002"])
def test_a_unit_code_names_one_unit(cast: Cast, chart: Treatment, text: str) -> None:
    found = scan(cast, chart, text)
    assert ([one.unit_code for one in found.units], found.named) == (["C-000002"], True)
    assert noted() == ("cartridge.scan", "done", {"unit": "C-000002"})
    assert StockMovement.objects.filter(kind="open").count() == 0


@pytest.mark.rule("R14", "S2", "S5")
@pytest.mark.parametrize(
    "text",
    [
        LOT42A,
        "(01)09521234543213(17)280630(10)LOT42A",
        "https://id.gs1.org/01/09521234543213/10/LOT42A?17=280630",
        "010952123454321310LOT42A~17280630",
        "+A999SPCART10/$$3280630LOT42AA",
    ],
)
def test_the_makers_code_leaves_open_which_unit_of_the_lot_it_is(
    cast: Cast, chart: Treatment, text: str
) -> None:
    waste(cast, fit_unit(cast))
    found = scan(cast, chart, text)
    assert [one.unit_code for one in found.units] == [
        "C-000002", "C-000003", "C-000004", "C-000005",
    ]  # fmt: skip
    assert not found.named
    assert noted() == ("cartridge.scan", "done", {"lot": "LOT42A", "units": 4})


@pytest.mark.rule("R3", "R14", "R15", "S1", "S3")
@pytest.mark.parametrize(
    ("text", "status", "rule", "says"),
    [
        ("", 422, "R14", "Nothing was scanned."),
        ("hello", 422, "R14", "This is not a cartridge code that can be read here."),
        ("C-12x", 422, "R14", "This is not a cartridge code"),
        ("]d201095212345432141728063010LOT42A", 422, "R14", "The check digit"),
        ("010952123454321310LOT42A17280630", 422, "R14", "The separator between the fields"),
        ("]E09521234543213", 422, "S3", "This code names the product, but not the lot."),
        ("]d201195212345432101728063010LOT42A", 422, "R14", "This is the code of a box of 10"),
        ("0109529876000019172806301077", 422, "S3", "Product number 09529876000019 is not in"),
        ("01095212345432131728063010NEVER", 422, "S1", "Lot NEVER is not in stock here."),
        ("01095212345432131728063010lot42a", 422, "S1", "Lot lot42a is not in stock here."),
        ("01095212345432131729013110LOT42A", 409, "R15", "This code says lot LOT42A expires"),
        ("01095212345432131726112310OLD1", 422, "R3", "Lot OLD1 expired on Mon, Nov 23, 2026."),
        ("01095212345432131728063010B7781", 422, "S1", "Lot B7781 is not in stock here."),
        ("x" * 5000, 422, "R14", "A code has at most 200 characters"),
        ("<script>alert(1)</script>", 422, "R14", ""),
        ("\u202e0109521234543213", 422, "R14", ""),
    ],
)
def test_a_code_that_opens_nothing_is_refused_with_what_would_work(
    cast: Cast, chart: Treatment, text: str, status: int, rule: str, says: str
) -> None:
    no = refusal(scan, cast=cast, chart=chart, text=text)
    assert told(no) == (status, rule, "cartridge")
    assert no.sentence.startswith(says)
    assert no.way_out
    assert noted()[:2] == ("cartridge.scan", "refused")


@pytest.mark.rule("R14", "S1", "S3")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "(01)00000000000000(17)280630(10)A",
            "The product number is all zeros. Scan again. If it says the same, put this "
            "cartridge aside, tell a manager and take another.",
        ),
        (
            "0109529876000019172806301077",
            "Product number 09529876000019 is not in the catalog. Put this cartridge aside, "
            "tell a manager and take another.",
        ),
        (
            "C-999999",
            "C-999999 is not known here. Check the code. If the sticker says the same, put this "
            "cartridge aside, tell a manager and take another.",
        ),
        (
            "c334",
            "A unit code looks like C-000123. Type all its digits, or scan the sticker.",
        ),
        (
            "hello",
            "This is not a cartridge code that can be read here. Scan the pouch again, or type "
            "the unit code on its sticker, such as C\N{NON-BREAKING HYPHEN}000123.",
        ),
    ],
)
def test_the_advice_of_a_scan_is_one_that_who_treats_can_follow(
    cast: Cast, chart: Treatment, text: str, says: str
) -> None:
    assert refusal(scan, cast=cast, chart=chart, text=text).text == says


@pytest.mark.rule("R5")
def test_a_lot_that_is_used_up_is_said_so(cast: Cast, chart: Treatment) -> None:
    for unit in cast.lot.units.order_by("number"):
        waste(cast, unit)
    no = refusal(scan, cast=cast, chart=chart, text=LOT42A)
    assert (told(no), no.sentence) == (
        (422, "R5", "cartridge"),
        "No unit of lot LOT42A is in stock.",
    )


@pytest.mark.rule("R7")
def test_a_makers_code_of_another_devices_cartridge_is_refused(
    cast: Cast, chart: Treatment
) -> None:
    pens = factories.device_model(name="Other Pen")
    product = factories.product([pens], "09529876000019", name="Other Cartridge")
    factories.lot(
        cast.clinic,
        product,
        "B1",
        units=1,
        by=cast.manager,
        expires_on=dt.date(2028, 6, 30),
    )
    no = refusal(scan, cast=cast, chart=chart, text="010952987600001917280630" + "10B1")
    assert (told(no), no.sentence) == (
        (422, "R7", "cartridge"),
        "Other Cartridge does not fit the Demo Pen.",
    )


@pytest.mark.rule("R7")
def test_a_cartridge_of_a_product_out_of_use_is_said_to_be_so(cast: Cast, chart: Treatment) -> None:
    treatments.set_cartridge_product_use(
        clinic=cast.clinic, product=cast.product, in_use=False, by=cast.administrator, at=NOW
    )
    for text in (LOT42A, fit_unit(cast).unit_code):
        no = refusal(scan, cast=cast, chart=chart, text=text)
        assert (told(no), no.sentence) == (
            (422, "R7", "cartridge"),
            "Demo Cartridge 14 is not in use.",
        )


@pytest.mark.rule("R1")
def test_a_scan_while_a_unit_is_open_says_which(cast: Cast, chart: Treatment) -> None:
    opened = claim(cast, chart, "C-000001")
    for text in ("C-000001", "C-000002", LOT42A):
        no = refusal(scan, cast=cast, chart=chart, text=text)
        assert told(no) == (409, "R1", "cartridge")
        assert no.sentence == f"{opened.unit_code} is open for this treatment."


def test_a_print_that_is_easily_misread_comes_with_a_caution(cast: Cast, chart: Treatment) -> None:
    factories.lot(cast.clinic, cast.product, "O0O", units=1, by=cast.manager)
    found = scan(cast, chart, "01095212345432131728063010O0O")
    assert len(found.cautions) == 1
    assert found.cautions[0].endswith(".")
