"""The pages of cartridge products, and the way from an unknown scan to a delivery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import User
from tests.cast import Cast
from treatments.models import CartridgeLot, CartridgeProduct, ProductIdentifier

Enter = Callable[[User], Client]
SCAN = "]d201095298760000261728123110L9\x1d21000123"


@pytest.fixture(autouse=True)
def now(clock: Any) -> None:
    """Tuesday, nine o'clock in Austin."""


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def typed(cast: Cast, **given: Any) -> dict[str, Any]:
    return {
        "name": "Tip 36",
        "maker": "Demo Medical",
        "needles": "36",
        "clearance_no": "K202243",
        "fits": [str(cast.model.pk)],
        "code": SCAN,
        "level": "unit",
        "units": "",
        **given,
    }


@pytest.mark.rule("S3")
def test_an_unknown_scan_leads_to_its_product_and_back_to_the_delivery(
    cast: Cast, enter: Enter
) -> None:
    client = enter(cast.manager)
    refused = client.post(reverse("cartridge-receive"), {"scan": SCAN})
    assert refused.status_code == 422
    way = f"{reverse('setup-cartridge-product-add')}?code={quote(SCAN)}"
    assert f'href="{way}"' in text(refused).replace("%5D", quote("]"))
    page = client.get(way)
    assert page.context["form"]["code"].value() == SCAN
    assert page.context["form"]["level"].value() == "unit"
    assert "Demo Cartridge 14" in text(page)
    answer = client.post(way, typed(cast))
    assert answer.headers["Location"] == f"{reverse('cartridge-receive')}?scan={quote(SCAN)}"
    again = client.get(answer.headers["Location"])
    assert again.context["form"]["scan"].value() == SCAN
    assert "Tip 36 is on file and can come in." in text(again)
    assert "Lot L9" in text(client.post(reverse("cartridge-receive"), {"scan": SCAN}))
    client.post(reverse("cartridge-receive-confirm"), {"scan": SCAN, "packages": "2"})
    assert CartridgeLot.objects.get(lot="L9").units.count() == 2


def test_an_unknown_scan_may_be_another_package_of_a_product_on_file(
    cast: Cast, enter: Enter
) -> None:
    client = enter(cast.manager)
    way = f"{reverse('setup-cartridge-product-code', args=[cast.product.pk])}?code={quote(SCAN)}"
    assert f'href="{way}"' in text(
        client.get(f"{reverse('setup-cartridge-product-add')}?code={quote(SCAN)}")
    ).replace("%5D", quote("]"))
    typed_code = {"code": SCAN, "level": "box", "units": "6"}
    answer = client.post(way, typed_code)
    assert answer.headers["Location"].startswith(reverse("cartridge-receive"))
    package = ProductIdentifier.objects.get(value="09529876000026")
    assert (package.product, package.units) == (cast.product, 6)


def test_who_does_not_receive_goes_on_to_the_product(cast: Cast, enter: Enter) -> None:
    way = f"{reverse('setup-cartridge-product-add')}?code={quote(SCAN)}"
    answer = enter(cast.administrator).post(way, typed(cast))
    made = CartridgeProduct.objects.get(name="Tip 36")
    assert answer.headers["Location"] == reverse("setup-cartridge-product", args=[made.pk])


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("code", "09529876000027", "The check digit of product number 09529876000027 is wrong."),
        ("code", "", "Scan the code on the package, or type its number."),
        ("code", "x" * 400, "at most 200 characters"),
        ("needles", "many", "Enter a whole number of needles."),
        ("fits", [], "Choose at least one device that it fits."),
        ("fits", ["none"], "Choose device models from the list."),
        ("level", "", "Choose what kind of package it is."),
        ("units", "6", "holds one."),
        ("clearance_no", "12345", "Use DEN or K and six digits."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    cast: Cast, enter: Enter, field: str, value: Any, says: str
) -> None:
    answer = enter(cast.manager).post(
        reverse("setup-cartridge-product-add"), typed(cast, **{field: value})
    )
    assert answer.status_code == 422
    assert says in text(answer)
    assert 'value="Tip 36"' in text(answer)


def test_a_product_is_changed_and_a_lost_race_shows_both(cast: Cast, enter: Enter) -> None:
    client = enter(cast.administrator)
    address = reverse("setup-cartridge-product", args=[cast.product.pk])
    page = text(client.get(address))
    assert "Box of 10" in page
    assert "A999SPCART10" in page
    change = typed(cast, version="1", name="Demo Cartridge 14", needles="16")
    assert "is saved." in text(client.post(address, change, follow=True))
    stale = client.post(address, {**change, "needles": "18"})
    assert stale.status_code == 409
    assert "<bdi>16</bdi>" in text(stale)


def test_out_of_use_tells_how_many_units_are_on_hand(cast: Cast, enter: Enter) -> None:
    client = enter(cast.administrator)
    use = reverse("setup-cartridge-product-use", args=[cast.product.pk])
    assert "7 unopened units of it are on hand here." in text(client.get(use))
    gone = client.post(use, {"version": "1"}, follow=True)
    assert "is out of use." in text(gone)
    assert "Out of use" in text(client.get(reverse("setup-cartridge-products")))


def test_a_package_is_corrected(cast: Cast, enter: Enter) -> None:
    package = ProductIdentifier.objects.get(value="19521234543210")
    address = reverse("setup-cartridge-package", args=[package.pk])
    desk = enter(cast.administrator)
    typed = {"level": "box", "units": "12", "version": "1"}
    assert "19521234543210: box of 12." in text(desk.post(address, typed, follow=True))
    assert desk.post(address, typed | {"units": "8"}).status_code == 409


@pytest.mark.rule("R54")
def test_who_sets_up_one_clinic_is_told_who_takes_it_from_all(cast: Cast, enter: Enter) -> None:
    use = reverse("setup-cartridge-product-use", args=[cast.product.pk])
    answer = enter(cast.manager).post(use, {"version": "1"})
    assert answer.status_code == 422
    assert "Demo Cartridge 14 is also used in a clinic that you do not set up." in text(answer)
    assert "Ask someone who sets up all clinics that use it." in text(answer)


def test_a_list_of_no_products_says_why_there_should_be_one(cast: Cast, enter: Enter) -> None:
    assert "Demo Cartridge 14" in text(enter(cast.manager).get(reverse("setup-cartridge-products")))
