"""Cartridge products and the codes on their packages: the rule, the acts, the database."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.models import AuditEvent
from clinic.refusals import Conflict, NotAllowed, Refusal
from clinic.rules import chain_of
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import change, refused
from tests.refusals import refusal, told
from treatments import operations
from treatments.models import CartridgeProduct, ProductIdentifier
from treatments.rules.intake import Level, PackageCode, Scheme, read_package_code

GS1, HIBC = Scheme.GS1, Scheme.HIBC


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("09529876000026", PackageCode(GS1, "09529876000026", Level.UNIT)),
        ("9529876000026", PackageCode(GS1, "09529876000026", Level.UNIT)),
        (" 19521234543210\r\n", PackageCode(GS1, "19521234543210", Level.BOX)),
        ("(01)09529876000026", PackageCode(GS1, "09529876000026", Level.UNIT)),
        ("]d2010952987600002617281231" + "10L9", PackageCode(GS1, "09529876000026", Level.UNIT)),
        ("+A999SPCART10/$$3280630LOT42AA", PackageCode(HIBC, "A999SPCART10", Level.UNIT)),
    ],
)
def test_a_code_names_its_package_with_or_without_lot(text: str, read: PackageCode) -> None:
    assert read_package_code(text, today=TODAY) == read


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing was scanned."),
        ("09529876000027", "check digit of product number 09529876000027 is wrong"),
        ("00000000000000", "all zeros"),
        ("+A999SPCART10", "check character"),
        ("+A999SPCART10/$$3280630LOT42AB", "check character"),
        ("C-000123", "a code of ours"),
        ("1728063010L1", "no product number"),
        ("=/1AB370000007JC89", "tissue or blood"),
        ("hello", "not a cartridge code"),
        ("010952987600002617281331" + "10L1", "not a date"),
    ],
)
def test_a_code_that_cannot_be_trusted_is_said_why(text: str, says: str) -> None:
    read = read_package_code(text, today=TODAY)
    assert isinstance(read, str)
    assert says in read


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_a_sentence(text: str) -> None:
    read = read_package_code(text, today=TODAY)
    assert isinstance(read, PackageCode) or read.endswith(".")


def by(cast: Cast) -> dict[str, Any]:
    return {"clinic": cast.clinic, "by": cast.manager, "at": NOW}


def by_all(cast: Cast) -> dict[str, Any]:
    """By who sets up both clinics: both have units of the cast's product."""
    return by(cast) | {"by": cast.administrator}


def add(cast: Cast, **given: Any) -> CartridgeProduct:
    values = {
        "name": "Tip 12",
        "maker": "Demo Medical",
        "needles": 12,
        "clearance_no": "k202243",
        "fits": [cast.model],
        "code": "09529876000026",
        "level": "unit",
        "units": None,
    }
    return operations.add_cartridge_product(**{**values, **given}, **by(cast))


def test_a_product_is_added_with_the_code_on_its_package(cast: Cast) -> None:
    made = add(cast, name=" Tip  12 ")
    assert (made.name, made.clearance_no) == ("Tip 12", "K202243")
    assert list(made.fits.all()) == [cast.model]
    package = made.identifiers.get()
    assert (package.scheme, package.value, package.level, package.units) == (
        "GS1",
        "09529876000026",
        "unit",
        1,
    )
    event = AuditEvent.objects.order_by("-id")[0]
    assert (event.action, "09529876000026" in event.detail) == ("cartridge_product.add", True)


@pytest.mark.parametrize(
    ("given", "field", "status"),
    [
        ({"name": " "}, "name", 422),
        ({"maker": ""}, "maker", 422),
        ({"needles": 0}, "needles", 422),
        ({"needles": 201}, "needles", 422),
        ({"clearance_no": ""}, "clearance_no", 422),
        ({"clearance_no": "K20224"}, "clearance_no", 422),
        ({"fits": []}, "fits", 422),
        ({"code": "09529876000027"}, "code", 422),
        ({"code": "09521234543213"}, "code", 409),
        ({"level": "pallet"}, "level", 422),
        ({"units": 6}, "units", 422),
        ({"level": "box"}, "units", 422),
        ({"level": "box", "units": 0}, "units", 422),
        ({"level": "case", "units": 2001}, "units", 422),
        ({"name": "DEMO cartridge 14"}, "name", 409),
    ],
)
def test_a_product_out_of_order_is_refused_and_nothing_of_it_stays(
    cast: Cast, given: dict[str, Any], field: str, status: int
) -> None:
    before = (CartridgeProduct.objects.count(), ProductIdentifier.objects.count())
    with pytest.raises(Refusal) as no:
        add(cast, **given)
    assert (no.value.field, no.value.status) == (field, status)
    assert (CartridgeProduct.objects.count(), ProductIdentifier.objects.count()) == before


def test_a_product_changes_under_its_version(cast: Cast) -> None:
    other = factories.device_model(name="Other pen")
    values: dict[str, Any] = {
        "product": cast.product,
        "name": "Demo Cartridge 14 B",
        "maker": "Demo Medical",
        "needles": 16,
        "clearance_no": "K202243",
        "fits": [other],
    }
    held = operations.change_cartridge_product(version=1, **values, **by_all(cast))
    assert (held.needles, held.version, list(held.fits.all())) == (16, 2, [other])
    detail = AuditEvent.objects.order_by("-id")[0].detail
    assert '"fits":["Demo Pen"]' in detail
    with pytest.raises(Conflict) as stale:
        operations.change_cartridge_product(version=1, **values, **by_all(cast))
    assert stale.value.rule == "P12"


@pytest.mark.rule("R7")
def test_out_of_use_a_product_does_not_come_in(cast: Cast) -> None:
    use = {"product": cast.product, **by_all(cast)}
    assert not operations.set_cartridge_product_use(in_use=False, version=1, **use).is_active
    with pytest.raises(Refusal, match="out of use already"):
        operations.set_cartridge_product_use(in_use=False, **use)
    with pytest.raises(Refusal, match="is not in use") as no:
        operations.receive_scan(scan="]d201095212345432131728063010LOT42A", packages=1, **by(cast))
    assert no.value.rule == "R7"
    assert operations.set_cartridge_product_use(in_use=True, **use).is_active


@pytest.mark.rule("R54")
def test_what_another_clinic_has_on_its_shelf_is_not_changed_over_its_head(cast: Cast) -> None:
    package = cast.product.identifiers.get(value="19521234543210")
    values: dict[str, Any] = {
        "product": cast.product,
        "name": cast.product.name,
        "maker": cast.product.maker,
        "needles": cast.product.needles,
        "clearance_no": cast.product.clearance_no,
        "fits": [cast.model],
    }
    # To save what is so already touches nobody.
    assert operations.change_cartridge_product(**values, **by(cast)) == cast.product
    acts: list[tuple[Any, dict[str, Any]]] = [
        (operations.set_cartridge_product_use, {"product": cast.product, "in_use": False}),
        (operations.change_cartridge_product, values | {"needles": 16}),
        (operations.change_package, {"package": package, "level": "box", "units": 12}),
    ]
    for act, wanted in acts:
        no = refusal(act, **wanted, **by(cast))
        assert told(no) == (422, "R54", None)
        assert no.sentence == ("Demo Cartridge 14 is also used in a clinic that you do not set up.")
    held = CartridgeProduct.objects.get(pk=cast.product.pk)
    assert (held.is_active, held.needles) == (True, cast.product.needles)
    # What nobody else has is one's own.
    factories.lot(cast.clinic, made := add(cast), "OWN1", units=2, by=cast.manager)
    assert not operations.set_cartridge_product_use(
        product=made, in_use=False, **by(cast)
    ).is_active


@pytest.mark.rule("R54")
def test_what_holds_for_all_clinics_is_on_record_in_each(cast: Cast) -> None:
    made = add(cast)
    operations.add_package_code(product=made, code="+A999NEW1J", level="box", units=6, **by(cast))
    package = made.identifiers.get(value="A999NEW1")
    operations.change_package(package=package, level="box", units=12, **by(cast))
    values = {"name": made.name, "maker": made.maker, "clearance_no": made.clearance_no}
    operations.change_cartridge_product(
        product=made, needles=36, fits=[cast.model], **values, **by(cast)
    )
    operations.set_cartridge_product_use(product=made, in_use=False, **by(cast))
    for clinic in (cast.clinic, cast.other_clinic):
        rows = AuditEvent.objects.filter(chain=chain_of(clinic.pk), outcome="done")
        about = rows.filter(subject=str(made.pk)).order_by("seq")
        assert list(about.values_list("action", "actor_name")) == [
            (f"cartridge_product.{act}", "Maya Okoye")
            for act in ("add", "add_code", "change_code", "change", "set_use")
        ]


def test_another_package_brings_in_all_that_is_in_it(cast: Cast) -> None:
    product = add(cast)
    package = operations.add_package_code(
        product=product, code="+A999NEW1J", level="box", units=6, **by(cast)
    )
    assert (package.scheme, package.value) == ("HIBC", "A999NEW1")
    changed = operations.change_package(package=package, level="case", units=24, **by(cast))
    assert (changed.level, changed.units) == ("case", 24)
    with pytest.raises(Refusal) as no:
        operations.change_package(package=package, level="unit", units=24, **by(cast))
    assert no.value.field == "units"


@pytest.mark.rule("P12")
def test_a_package_that_somebody_else_has_corrected_is_not_saved_over(cast: Cast) -> None:
    """Units per box decide what a delivery counts."""
    package = operations.add_package_code(
        product=add(cast), code="+A999NEW1J", level="box", units=6, **by(cast)
    )
    operations.change_package(package=package, level="box", units=12, version=1, **by(cast))
    with pytest.raises(Refusal) as no:
        operations.change_package(package=package, level="box", units=8, version=1, **by(cast))
    assert (no.value.rule, no.value.status) == ("P12", 409)
    package.refresh_from_db()
    assert (package.units, package.version) == (12, 2)


@pytest.mark.rule("R7")
def test_the_database_keeps_products_cleared_and_sane(cast: Cast) -> None:
    assert refused(*change(cast.product, clearance_no="")) == "cartridge_product_cleared"
    assert refused(*change(cast.product, needles=0)) == "cartridge_product_needles"
    package = cast.product.identifiers.filter(level="unit")[0]
    assert refused(*change(package, units=6)) == "product_identifier_units"


def test_only_who_sets_up_touches_the_catalog(cast: Cast) -> None:
    for who in (cast.esthetician, cast.director, cast.reception, cast.auditor, cast.stranger):
        with pytest.raises(NotAllowed):
            operations.set_cartridge_product_use(
                clinic=cast.clinic, product=cast.product, in_use=False, by=who, at=NOW
            )
