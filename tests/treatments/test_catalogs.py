"""The shipped catalogs: what is in them, and that loading them again never undoes the clinic."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

from clinic import operations as building
from clinic.models import AuditEvent, DeviceModel
from clinic.refusals import Refusal
from tests import factories
from tests.cast import NOW, Cast
from treatments import operations
from treatments.models import DepthRule, GlideProduct, NumbingIngredient, NumbingProduct
from treatments.operations.catalogs import SHIPPED
from treatments.rules.areas import AREAS

FILES = ["depth_rules", "device_models", "glide_products", "numbing_products"]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The catalogs as they ship, to be changed by a test."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "catalog"))


def rewrite(folder: Path, name: str, *changes: tuple[str, str]) -> None:
    """Another text in a file of the catalog."""
    path = folder / f"{name}.toml"
    text = path.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text)


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="catalog.load").order_by("seq"))


@pytest.mark.django_db
def test_the_shipped_catalogs_come_in_and_a_second_time_change_nothing() -> None:
    first = operations.load_catalog(at=NOW)
    assert len(first.added) == 1 + 6 + 1 + len(AREAS)
    before = [list(model.objects.values()) for model in (NumbingProduct, DeviceModel, DepthRule)]
    second = operations.load_catalog(at=NOW)
    assert (second.added, second.updated, second.kept) == ([], [], [])
    after = [list(model.objects.values()) for model in (NumbingProduct, DeviceModel, DepthRule)]
    assert after == before
    (event,) = events()
    assert (event.chain, event.actor) == ("system", "system")
    assert "numbing_products/EMLA" in json.loads(event.detail)["added"]


@pytest.mark.django_db
def test_every_line_says_where_it_is_from() -> None:
    operations.load_catalog(at=NOW)
    for model in (DeviceModel, NumbingProduct, GlideProduct, DepthRule):
        assert not model.objects.filter(source="").exists()
        assert not model.objects.filter(catalog="").exists()
        assert set(model.objects.values_list("catalog_version", flat=True)) == {1}


@pytest.mark.rule("N2")
@pytest.mark.django_db
def test_numbing_products_ship_with_the_limits_of_the_reference() -> None:
    operations.load_catalog(at=NOW)
    found = {one.code: one for one in NumbingProduct.objects.all()}
    assert {one.code for one in found.values() if one.is_active} == {"LIDO4"}
    assert (found["LIDO4"].min_dwell, found["LIDO4"].max_dwell) == (20, 60)
    assert not found["LIDO4"].occlusion_allowed
    emla = found["EMLA"]
    assert (emla.min_dwell, emla.max_dwell, emla.occlusion_required) == (60, 180, True)
    pliaglis = found["PLIAGLIS"]
    assert (pliaglis.max_amount, pliaglis.max_area, pliaglis.per_10cm2) == (530, 400, 14)
    prescribed = {one.code for one in found.values() if one.rx_required}
    assert prescribed == {"LIDO5", "EMLA", "PLIAGLIS", "BLT", "LT23_7"}
    assert {one.code for one in found.values() if one.compounded} == {"BLT", "LT23_7"}
    above = NumbingIngredient.objects.filter(name="lidocaine", mg_per_g__gt=40)
    assert {one.product.code for one in above} <= prescribed
    esters = NumbingIngredient.objects.filter(family="ester").values_list("name", flat=True)
    assert set(esters) == {"benzocaine", "tetracaine"}


@pytest.mark.django_db
def test_a_depth_rule_stands_for_each_area_and_for_no_other() -> None:
    operations.load_catalog(at=NOW)
    assert {one.area for one in DepthRule.objects.all()} == {code for code, _words in AREAS}
    cheek = DepthRule.objects.get(area="cheek_l")
    assert (cheek.max_depth, cheek.max_with_order) == (150, 250)
    assert DepthRule.objects.get(area="periorbital_outside_rim").max_depth == 50
    assert DepthRule.objects.get(area="forehead").max_with_order is None


def test_a_later_version_updates_what_nobody_edited_and_nothing_else(
    cast: Cast, shipped: Path
) -> None:
    operations.load_catalog(at=NOW)
    pen = DeviceModel.objects.get(catalog="device_models/skinpen-precision")
    values = {
        "maker": pen.maker,
        "name": pen.name,
        "clearance_no": pen.clearance_no,
        "depth_step": 25,
        "depth_max": 250,
        "label_max": 100,
    }
    building.change_device_model(clinic=cast.clinic, model=pen, **values, by=cast.manager, at=NOW)
    emla = NumbingProduct.objects.get(code="EMLA")
    emla.is_active, emla.prescriber = True, cast.ana
    emla.write(only=["is_active", "prescriber"])
    rewrite(shipped, "device_models", ("version = 1", "version = 2"), ("= 150", "= 175"))
    rewrite(
        shipped,
        "numbing_products",
        ("version = 1", "version = 2"),
        ("max_dwell = 180", "max_dwell = 120"),
        ("per_10cm2 = 12", "is_active = false"),
        (
            '"prilocaine", family = "amide", mg_per_g = 25',
            '"prilocaine", family = "amide", mg_per_g = 26',
        ),
    )
    done = operations.load_catalog(at=NOW, folder=shipped)
    assert done.kept == ["device_models/skinpen-precision"]
    assert len(done.updated) == 6
    pen.refresh_from_db()
    emla.refresh_from_db()
    assert (pen.label_max, pen.catalog_version) == (100, 1)
    assert (emla.max_dwell, emla.catalog_version, emla.is_active) == (120, 2, True)
    assert NumbingIngredient.objects.get(product=emla, name="prilocaine").mg_per_g == 26
    assert len(events()) == 2


def test_what_the_clinic_put_on_file_before_stays_its_own(cast: Cast) -> None:
    mine = factories.device_model(maker="Bellus Medical", name="SkinPen Precision")
    done = operations.load_catalog(at=NOW)
    assert done.kept == ["device_models/skinpen-precision"]
    mine.refresh_from_db()
    assert (mine.clearance_no, mine.catalog) == ("K202243", "")


def test_what_a_later_version_does_not_name_is_not_in_the_product_any_more(
    cast: Cast, shipped: Path
) -> None:
    """Allergies are judged by what is in a cream: an ingredient that is gone may bar nobody."""
    operations.load_catalog(at=NOW)
    rewrite(
        shipped,
        "numbing_products",
        ("version = 1", "version = 2"),
        ('  { name = "prilocaine", family = "amide", mg_per_g = 25 },\n', ""),
    )
    done = operations.load_catalog(at=NOW, folder=shipped)
    assert "numbing_products/EMLA" in done.updated
    parts = NumbingIngredient.objects.filter(product__code="EMLA")
    assert list(parts.values_list("name", flat=True)) == ["lidocaine"]


def test_a_name_that_the_clinic_has_taken_is_kept_in_whatever_case(cast: Cast) -> None:
    operations.add_numbing_product(
        clinic=cast.clinic,
        name="PLIAGLIS (LIDOCAINE 7% + TETRACAINE 7%)",
        parts={"lidocaine": 40},
        rx_required=False,
        compounded=False,
        min_dwell=20,
        max_dwell=60,
        max_amount=None,
        max_area=None,
        per_10cm2=None,
        min_age=18,
        occlusion_allowed=False,
        occlusion_required=False,
        ndc="",
        rxcui="",
        source="",
        by=cast.manager,
        at=NOW,
    )
    factories.device_model(maker="BELLUS MEDICAL", name="skinpen precision")
    done = operations.load_catalog(at=NOW)
    assert done.kept == ["device_models/skinpen-precision", "numbing_products/PLIAGLIS"]


@pytest.mark.rule("R43")
def test_creams_from_before_the_catalog_get_its_limits(cast: Cast) -> None:
    """What then needs a prescription waits for a prescriber, even where it was in use."""
    old = factories.numbing_product("EMLA", min_dwell=1, is_active=True)
    edited = factories.numbing_product("LIDO5", min_dwell=1, edited=True)
    done = operations.load_catalog(at=NOW)
    assert done.updated == ["numbing_products/LIDO4", "numbing_products/EMLA"]
    assert done.kept == ["numbing_products/LIDO5"]
    for one in (old, edited, cast.cream):
        one.refresh_from_db()
    assert (old.min_dwell, old.rx_required, old.is_active) == (60, True, False)
    assert (cast.cream.catalog, cast.cream.is_active) == ("numbing_products/LIDO4", True)
    assert (edited.min_dwell, edited.catalog) == (1, "")
    assert operations.load_catalog(at=NOW).updated == []


@pytest.mark.rule("R38")
@pytest.mark.django_db
def test_no_catalog_brings_in_radio_frequency(shipped: Path) -> None:
    rewrite(shipped, "device_models", ('"needles"', '"rf"'))
    with pytest.raises(Refusal, match="radio frequency"):
        operations.load_catalog(at=NOW, folder=shipped)
    assert not DeviceModel.objects.exists()


@pytest.mark.django_db
def test_a_line_that_cannot_be_leaves_nothing_behind(shipped: Path) -> None:
    rewrite(shipped, "depth_rules", ('key = "scalp"', 'key = "eyelid"'))
    with pytest.raises(Refusal):
        operations.load_catalog(at=NOW, folder=shipped)
    assert not NumbingProduct.objects.exists()
    assert events() == []


@pytest.mark.django_db
def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_catalog")
    assert "25 added, 0 updated, 0 kept" in capsys.readouterr().out
    call_command("load_catalog")
    assert "0 added, 0 updated, 0 kept" in capsys.readouterr().out


def test_the_folder_has_the_catalogs_that_are_loaded() -> None:
    assert sorted(path.stem for path in SHIPPED.glob("*.toml")) == FILES
