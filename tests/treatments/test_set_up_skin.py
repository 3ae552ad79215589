"""Numbing products, glide products and depth rules: their acts, their pages, the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent, Practitioner, User
from clinic.refusals import NotAllowed, Refusal
from clinic.rules import chain_of
from tests import factories
from tests.cast import NOW, YESTERDAY, Cast
from tests.raw_sql import change, refused
from tests.treatments.visits import chart_at
from treatments import operations
from treatments.models import DepthRule, GlideProduct, NumbingProduct
from treatments.rules.anesthetics import parts_fault
from treatments.rules.glide import barred_glide

Enter = Callable[[User], Client]
LIMITS = {
    "min_dwell": "30",
    "max_dwell": "45",
    "max_amount": "12.5",
    "max_area": "400",
    "per_10cm2": "",
    "min_age": "18",
    "cover": "no",
    "ndc": "0168-0357-30",
    "rxcui": "1421893",
    "source": "Label, 2026",
    "version": "1",
}


# The columns behind them.
PARTS = (
    *("min_dwell", "max_dwell", "max_amount", "max_area", "per_10cm2", "min_age"),
    *("occlusion_allowed", "occlusion_required", "ndc", "rxcui", "source"),
)


@pytest.fixture(autouse=True)
def now(clock: Any) -> None:
    """Tuesday, nine o'clock in Austin."""


@pytest.fixture
def rx(cast: Cast) -> NumbingProduct:
    """A cream on prescription, out of use as it ships."""
    operations.load_catalog(at=NOW)
    return NumbingProduct.objects.get(code="EMLA")


@pytest.fixture
def doctor(cast: Cast) -> Practitioner:
    """A physician with a license in Texas."""
    made = factories.practitioner([cast.clinic], "MD", name="Dr. Ines Roth")
    factories.license(made, "md", "TX", by=cast.manager)
    return made


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def use(cast: Cast, product: NumbingProduct, who: User, **given: Any) -> NumbingProduct:
    values = {"in_use": True, "by": who, "at": NOW} | given
    return operations.set_numbing_product_use(clinic=cast.clinic, product=product, **values)


@pytest.mark.rule("R43")
def test_what_needs_a_prescription_is_put_into_use_by_the_director_with_a_prescriber(
    cast: Cast, rx: NumbingProduct, doctor: Practitioner
) -> None:
    with pytest.raises(Refusal, match="needs a prescription") as no:
        use(cast, rx, cast.manager, prescriber=doctor)
    assert no.value.rule == "R43"
    with pytest.raises(Refusal, match="Name a prescriber"):
        use(cast, rx, cast.director)
    made = use(cast, rx, cast.director, prescriber=doctor)
    assert (made.is_active, made.prescriber) == (True, doctor)
    assert "Dr. Ines Roth" in AuditEvent.objects.order_by("-id")[0].detail
    assert not use(cast, made, cast.director, in_use=False).is_active


@pytest.mark.rule("R43", "R54")
def test_one_clinics_manager_takes_no_prescribed_product_from_another_clinic(
    cast: Cast, rx: NumbingProduct, doctor: Practitioner
) -> None:
    made = use(cast, rx, cast.director, prescriber=doctor)
    with pytest.raises(Refusal, match="also in clinics that you do not set up") as no:
        use(cast, made, cast.manager, in_use=False)
    assert no.value.rule == "R54"
    # Who sets up every clinic may; and every clinic has it on record.
    assert not use(cast, made, cast.administrator, in_use=False).is_active
    done = AuditEvent.objects.filter(action="numbing_product.set_use", outcome="done")
    for clinic in (cast.clinic, cast.other_clinic):
        assert done.filter(chain=chain_of(clinic.pk)).count() == 2


@pytest.mark.rule("R54")
def test_the_limits_of_what_is_used_on_prescription_are_not_changed_over_a_clinic_s_head(
    cast: Cast, rx: NumbingProduct, doctor: Practitioner
) -> None:
    values = {name: getattr(rx, name) for name in PARTS} | {"max_dwell": 179}
    change = {"clinic": cast.clinic, "product": rx, "at": NOW, **values}
    made = use(cast, rx, cast.director, prescriber=doctor)
    with pytest.raises(Refusal, match="also used in a clinic that you do not set up") as no:
        operations.change_numbing_product(by=cast.manager, **change)
    assert no.value.rule == "R54"
    assert operations.change_numbing_product(by=cast.administrator, **change).max_dwell == 179
    use(cast, made, cast.director, in_use=False)
    later = change | {"max_dwell": 178}
    assert operations.change_numbing_product(by=cast.manager, **later).max_dwell == 178


@pytest.mark.rule("R54")
def test_what_is_put_on_the_skin_in_all_clinics_is_on_record_in_each(cast: Cast) -> None:
    by = {"clinic": cast.clinic, "by": cast.manager, "at": NOW}
    limits = {name: getattr(cast.cream, name) for name in PARTS}
    operations.change_numbing_product(product=cast.cream, **limits | {"max_dwell": 59}, **by)
    operations.set_numbing_product_use(product=cast.cream, in_use=False, **by)
    gel = operations.add_glide_product(name="Gel", maker="Demo", source="", **by)
    operations.change_glide_product(product=gel, name="Gel 2", maker="Demo", source="", **by)
    operations.set_glide_product_use(product=gel, in_use=False, **by)
    kinds = ("numbingproduct", "glideproduct")
    for clinic in (cast.clinic, cast.other_clinic):
        rows = AuditEvent.objects.filter(chain=chain_of(clinic.pk), subject_kind__in=kinds)
        assert list(rows.order_by("seq").values_list("action", flat=True)) == [
            "numbing_product.change",
            "numbing_product.set_use",
            "glide_product.add",
            "glide_product.change",
            "glide_product.set_use",
        ]


@pytest.mark.rule("R43")
@pytest.mark.parametrize(
    ("kind", "state", "given"),
    [
        ("esthetician", "TX", {}),
        ("rn", "TX", {}),
        ("md", "CA", {}),
        ("md", "TX", {"status": "suspended"}),
        ("md", "TX", {"expires_on": YESTERDAY}),
    ],
)
def test_who_may_not_prescribe_here_is_no_prescriber(
    cast: Cast, rx: NumbingProduct, kind: str, state: str, given: dict[str, Any]
) -> None:
    made = factories.practitioner([cast.clinic], "MD", name="Other")
    factories.license(made, kind, state, by=cast.manager, **given)
    with pytest.raises(Refusal, match="Name a prescriber") as no:
        use(cast, rx, cast.director, prescriber=made)
    assert no.value.field == "prescriber"


@pytest.mark.rule("R43")
def test_the_database_knows_no_prescribed_product_in_use_without_prescriber(
    cast: Cast, rx: NumbingProduct
) -> None:
    assert refused(*change(rx, is_active=True)) == "numbing_product_prescribed"


def test_what_is_sold_over_the_counter_is_put_into_use_by_either(cast: Cast) -> None:
    for who in (cast.manager, cast.administrator, cast.director):
        use(cast, cast.cream, who, in_use=False)
        assert use(cast, cast.cream, who).is_active
    with pytest.raises(Refusal, match="in use already"):
        use(cast, cast.cream, cast.manager)
    for who in (cast.esthetician, cast.reception, cast.auditor, cast.stranger):
        with pytest.raises(NotAllowed):
            use(cast, cast.cream, who, in_use=False)


def test_limits_are_changed_on_the_page_and_count_as_edited(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    address = reverse("setup-numbing-product", args=[cast.cream.pk])
    assert "lidocaine 40 mg/g" in text(client.get(address))
    assert "is saved." in text(client.post(address, LIMITS, follow=True))
    cast.cream.refresh_from_db()
    made = cast.cream
    assert (made.min_dwell, made.max_dwell, made.max_amount, made.max_area) == (30, 45, 125, 400)
    assert (made.per_10cm2, made.occlusion_allowed, made.occlusion_required) == (None, False, False)
    assert made.edited
    assert 'value="12.5"' in text(client.get(address))
    stale = client.post(address, {**LIMITS, "max_dwell": "50", "cover": "must"})
    assert (stale.status_code, "<bdi>45</bdi>" in text(stale)) == (409, True)
    assert "<bdi>Never covered</bdi>" in text(stale)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("max_dwell", "20", "The longest dwell is at least the shortest"),
        ("max_dwell", "301", "Enter 1 to 300 minutes."),
        ("max_dwell", "soon", "Enter a whole number of minutes."),
        ("max_amount", "60.1", "Enter at most 60.0 g."),
        ("max_amount", "0.05", "Enter at least 0.1 g."),
        ("max_amount", "1.25", "Enter at most 1 digits after the point."),
        ("max_area", "2001", "Enter 1 to 2,000 cm²."),
        ("min_age", "17", "Enter 18 to 120 years."),
        ("cover", "", "Choose whether it is covered."),
        ("cover", "may", "What is sold over the counter is never covered."),
        ("ndc", "12", "Use the form 0168-0357-30."),
        ("rxcui", "x", "An RxCUI has digits only."),
        ("source", "", "Say where these limits stand."),
    ],
)
def test_a_limit_that_cannot_be_is_said_beside_its_field(
    cast: Cast, enter: Enter, field: str, typed: str, says: str
) -> None:
    address = reverse("setup-numbing-product", args=[cast.cream.pk])
    answer = enter(cast.manager).post(address, {**LIMITS, field: typed})
    assert answer.status_code == 422
    assert says in text(answer)
    cast.cream.refresh_from_db()
    assert not cast.cream.edited


def test_the_act_itself_refuses_what_no_form_sends(cast: Cast) -> None:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "product": cast.cream,
        "min_dwell": 20,
        "max_dwell": 60,
        "max_amount": None,
        "max_area": None,
        "per_10cm2": None,
        "min_age": 18,
        "occlusion_allowed": False,
        "occlusion_required": True,
        "ndc": "",
        "rxcui": "",
        "source": "",
        "by": cast.manager,
        "at": NOW,
    }
    with pytest.raises(Refusal) as cover:
        operations.change_numbing_product(**values)
    assert cover.value.field == "cover"
    with pytest.raises(Refusal) as age:
        operations.change_numbing_product(**{**values, "min_age": 17})
    assert age.value.field == "min_age"
    with pytest.raises(Refusal):
        operations.change_numbing_product(
            **{**values, "occlusion_required": False, "max_amount": 601}
        )


def test_the_director_puts_a_prescribed_product_into_use_on_its_page(
    cast: Cast, enter: Enter, rx: NumbingProduct, doctor: Practitioner
) -> None:
    address = reverse("setup-numbing-product-use", args=[rx.pk])
    director = enter(cast.director)
    assert address in text(director.get(reverse("setup-numbing-products")))
    page = text(director.get(address))
    assert "Dr. Ines Roth" in page
    assert "Name who prescribes it." in page
    typed = {"version": "1", "in_use": "on"}
    assert director.post(address, typed).status_code == 422
    done = director.post(address, {**typed, "prescriber": str(doctor.pk)}, follow=True)
    assert "is in use." in text(done)
    manager = enter(cast.manager)
    page = text(manager.get(reverse("setup-numbing-product", args=[rx.pk])))
    assert "Dr. Ines Roth" in page
    assert "Prilocaine" in page


@pytest.mark.rule("R43")
def test_a_manager_is_told_who_puts_it_into_use(
    cast: Cast, enter: Enter, rx: NumbingProduct
) -> None:
    address = reverse("setup-numbing-product-use", args=[rx.pk])
    client = enter(cast.manager)
    assert "the medical director puts it into use" in text(client.get(address))
    answer = client.post(address, {"version": "1", "in_use": "on"})
    assert answer.status_code == 422
    assert "names a prescriber" in text(answer)


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("name", "barred"),
    [
        ("Vitamin C gel", True),
        ("vitamin-c", True),
        ("L-Ascorbic acid", True),
        ("PRP kit", True),
        ("Platelet-rich plasma", True),
        ("Exosome boost", True),
        ("Hydrating serum", True),
        ("Lift HG", False),
        ("Hyaluronic acid gel", False),
        ("Surprpise", False),
    ],
)
def test_what_never_goes_under_the_needle_is_known_by_its_name(name: str, barred: bool) -> None:
    assert bool(barred_glide(name)) is barred


@pytest.mark.rule("R37")
def test_a_glide_product_is_added_changed_and_taken_out_of_use(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    add = reverse("setup-glide-product-add")
    no = client.post(add, {"name": "Vitamin C serum", "maker": "Any"})
    assert (no.status_code, "granulomas" in text(no)) == (422, True)
    assert client.post(add, {"name": "", "maker": "Any"}).status_code == 422
    client.post(add, {"name": "Demo  HA", "maker": "Demo Medical"})
    made = GlideProduct.objects.get(name="Demo HA")
    assert client.post(add, {"name": "demo ha", "maker": "Demo Medical"}).status_code == 409
    address = reverse("setup-glide-product", args=[made.pk])
    typed = {"name": "Demo HA 2", "maker": "Demo Medical", "source": "Label", "version": "1"}
    assert "Demo HA 2 is saved." in text(client.post(address, typed, follow=True))
    assert client.post(address, typed).status_code == 409
    gone = reverse("setup-glide-product-use", args=[made.pk])
    assert "Demo HA 2 is out of use." in text(client.post(gone, {"version": "2"}, follow=True))
    assert client.post(gone, {"version": "3"}).status_code == 422
    made.refresh_from_db()
    assert (made.is_active, made.edited) == (False, True)


def test_depth_rules_are_read_in_the_order_of_the_areas(cast: Cast, enter: Enter) -> None:
    operations.load_catalog(at=NOW)
    page = text(enter(cast.director).get(reverse("setup-depth-rules")))
    assert page.index("Forehead") < page.index("Left cheek") < page.index("Scalp")
    assert "Inside the rim never" in page


OWN = {key: value for key, value in LIMITS.items() if key != "version"} | {
    "name": "Numb-Rite  5 %",
    "lidocaine": "50",
    "tetracaine": "",
    "sold": "rx",
    "cover": "may",
}


def test_a_product_that_no_catalog_has_is_put_on_file_out_of_use(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    address = reverse("setup-numbing-product-add")
    assert address in text(client.get(reverse("setup-numbing-products")))
    assert "is on file, out of use." in text(client.post(address, OWN, follow=True))
    made = NumbingProduct.objects.get(name="Numb-Rite 5 %")
    assert (made.is_active, made.rx_required, made.compounded) == (False, True, False)
    parts = [(one.name, one.family, one.mg_per_g) for one in made.parts.all()]
    assert parts == [("lidocaine", "amide", 50)]
    assert (made.ingredients, made.max_amount) == ("lidocaine 50 mg/g", 125)
    operations.load_catalog(at=NOW)
    assert NumbingProduct.objects.filter(name=made.name).count() == 1
    again = client.post(address, {**OWN, "name": "numb-rite 5 %"})
    assert (again.status_code, "is on file already." in text(again)) == (409, True)


@pytest.mark.rule("R44")
@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"lidocaine": ""}, "Say what is in it: at least one anesthetic."),
        ({"sold": "otc", "cover": "no"}, "Above 4 % lidocaine needs a prescription."),
        ({"sold": "otc", "lidocaine": "40"}, "What is sold over the counter is never covered."),
        ({"lidocaine": "900", "benzocaine": "200"}, "Together a gram holds at most 1,000 mg."),
        ({"lidocaine": "1001"}, "Enter 1 to 1,000 mg."),
        ({"lidocaine": "a lot"}, "Enter a whole number of mg."),
        ({"sold": ""}, "Choose how it is sold."),
        ({"name": "  "}, "Give the name of the product."),
        ({"max_dwell": "5"}, "The longest dwell is at least the shortest"),
    ],
)
def test_a_product_that_cannot_be_is_not_put_on_file(
    cast: Cast, enter: Enter, typed: dict[str, str], says: str
) -> None:
    before = NumbingProduct.objects.count()
    answer = enter(cast.manager).post(reverse("setup-numbing-product-add"), {**OWN, **typed})
    assert (answer.status_code, says in text(answer)) == (422, True)
    assert NumbingProduct.objects.count() == before


@pytest.mark.parametrize(
    ("parts", "rx", "compounded", "rule"),
    [
        ({"lidocaine": 40}, False, False, None),
        ({"lidocaine": 41}, False, False, "R44"),
        ({"lidocaine": 41}, True, False, None),
        ({"benzocaine": 200}, False, True, "R43"),
        ({"benzocaine": 200, "lidocaine": 60}, True, True, None),
        ({"cocaine": 40}, True, False, "input"),
        ({"lidocaine": 0}, True, False, "input"),
        ({}, True, False, "input"),
    ],
)
def test_what_may_be_in_a_product_and_how_it_is_sold(
    parts: dict[str, int], rx: bool, compounded: bool, rule: str | None
) -> None:
    fault = parts_fault(parts, rx_required=rx, compounded=compounded)
    assert (fault.rule if fault else None) == rule


DEPTH = {"usual": "0.5", "max_depth": "0.75", "max_with_order": "1.00", "note": "", "version": "1"}


@pytest.fixture
def forehead(cast: Cast) -> DepthRule:
    """The rule of the forehead, as it ships."""
    operations.load_catalog(at=NOW)
    return DepthRule.objects.get(area="forehead")


def test_the_director_decides_how_deep_an_area_is_needled(
    cast: Cast, enter: Enter, forehead: DepthRule
) -> None:
    client, address = enter(cast.director), reverse("setup-depth-rule", args=[forehead.pk])
    assert address in text(client.get(reverse("setup-depth-rules")))
    assert address not in text(enter(cast.manager).get(reverse("setup-depth-rules")))
    typed = {**DEPTH, "source": "Dr. Raman, 2026-11-24"}
    assert "is saved." in text(client.post(address, typed, follow=True))
    forehead.refresh_from_db()
    assert (forehead.max_depth, forehead.max_with_order, forehead.edited) == (75, 100, True)
    here, there = AuditEvent.objects.filter(action="depth_rule.change")
    assert {here.chain, there.chain} == {
        chain_of(one.pk) for one in (cast.clinic, cast.other_clinic)
    }
    assert (told := here.detail) == there.detail
    assert '"max_depth":100' in told.replace(" ", "")
    assert '"max_depth":75' in told.replace(" ", "")
    operations.load_catalog(at=NOW)
    forehead.refresh_from_db()
    assert forehead.max_depth == 75
    stale = client.post(address, {**typed, "max_depth": "0.5"})
    assert (stale.status_code, "<bdi>0.75</bdi>" in text(stale)) == (409, True)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"max_depth": "4.01"}, "Enter at most 4.00 mm."),
        ({"max_depth": "0"}, "Enter at least 0.01 mm."),
        ({"max_depth": "0,5"}, "Enter a number of mm"),
        ({"max_with_order": "0.5"}, "With an order one goes at least as deep as without"),
        ({"source": " "}, "Say who decided this, or where it stands."),
    ],
)
def test_a_depth_that_cannot_be_is_said_beside_its_field(
    cast: Cast, enter: Enter, forehead: DepthRule, typed: dict[str, str], says: str
) -> None:
    address = reverse("setup-depth-rule", args=[forehead.pk])
    answer = enter(cast.director).post(address, {**DEPTH, "source": "Dr. Raman", **typed})
    assert (answer.status_code, says in text(answer)) == (422, True)
    forehead.refresh_from_db()
    assert (forehead.max_depth, forehead.edited) == (100, False)


def test_nobody_but_the_director_decides_depths(cast: Cast, forehead: DepthRule) -> None:
    for who in (cast.manager, cast.administrator, cast.esthetician, cast.stranger):
        with pytest.raises(NotAllowed):
            operations.change_depth_rule(
                clinic=cast.clinic,
                rule=forehead,
                usual="",
                max_depth=250,
                max_with_order=None,
                note="",
                source="Me",
                by=who,
                at=NOW,
            )


def test_the_only_cream_goes_out_of_use_with_open_eyes_and_the_chart_says_why_there_is_none(
    cast: Cast, enter: Enter
) -> None:
    manager, ana = enter(cast.manager), enter(cast.esthetician)
    page = reverse("setup-numbing-product-use", args=[cast.cream.pk])
    asked = text(manager.get(page))
    assert "This holds for <strong>all clinics</strong>." in asked
    assert "It is the only numbing product in use." in asked
    chart = reverse("treatment", args=[chart_at(cast, "open").pk])
    none = "No numbing product is in use. A manager puts one into use"
    assert none not in text(ana.get(chart))
    manager.post(page, {"version": "1"})
    assert none in text(ana.get(chart))


def test_what_stays_in_use_besides_a_cream_is_named(
    cast: Cast, enter: Enter, rx: NumbingProduct, doctor: Practitioner
) -> None:
    use(cast, rx, cast.director, prescriber=doctor)
    page = reverse("setup-numbing-product-use", args=[cast.cream.pk])
    asked = text(enter(cast.manager).get(page))
    assert f"<bdi>{rx.name}</bdi>" in asked.partition("Still in use then:")[2]
    assert "the only numbing product" not in asked
