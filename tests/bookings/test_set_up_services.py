"""What a clinic offers: kept on pages of its own, and what is booked stays as it was booked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Appointment, Service
from clinic.models import AuditEvent, Device, User
from clinic.refusals import Conflict, Refusal
from tests import factories
from tests.bookings.test_free_times import booked, local, offered
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import change, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LENGTHS = {"treatment_min": 40, "numbing_min": 20, "clean_down_min": 5, "check_in_min": 5}


@pytest.fixture
def desk(cast: Cast, enter: Callable[[User], Client]) -> Client:
    """The manager's browser."""
    return enter(cast.manager)


def add(cast: Cast, name: str = "Neck", **given: Any) -> Service:
    values = {"clinic": cast.clinic, "by": cast.manager, "at": NOW, **LENGTHS, **given}
    return operations.add_service(name=name, **values)


def typed(service: Service, **given: Any) -> dict[str, Any]:
    return {
        "name": service.name,
        "treatment_min": service.treatment_min,
        "numbing_min": service.numbing_min,
        "clean_down_min": service.clean_down_min,
        "check_in_min": service.check_in_min,
        "price_text": service.price_text,
        "version": service.version,
        "once": f"press {sorted(given)}"[:64],
        **given,
    }


def test_a_service_is_kept_as_typed_and_on_record(cast: Cast):
    made = add(
        cast,
        "  Hals  & Décolleté ",
        areas=["neck", "decollete", "neck"],
        device_models=[cast.model],
        price_text=" from $280 ",
    )
    made = Service.objects.get(pk=made.pk)
    assert (made.name, made.code, made.price_text) == (
        "Hals & Décolleté",
        "hals-decollete",
        "from $280",
    )
    assert (made.areas, [*made.device_models.all()]) == (["neck", "decollete"], [cast.model])
    event = AuditEvent.objects.get(action="service.add")
    assert json.loads(event.detail)["device_models"] == ["Demo Pen"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("王小明", "service"),
        ("Face & neck & décolleté & hands", "face-neck-decollete"),
        ("Face 45 minutes", "face-45-minutes"),
    ],
)
def test_the_code_is_made_from_the_name(cast: Cast, name: str, code: str):
    assert add(cast, name).code == code
    assert add(cast, f"{name} (").code == f"{code[:18]}-2"


@pytest.mark.rule("R48")
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("treatment_min", 20, "A treatment takes 30 to 45 minutes."),
        ("treatment_min", 50, "A treatment takes 30 to 45 minutes."),
        ("treatment_min", -1, "A treatment takes 30 to 45 minutes."),
        ("numbing_min", 121, "Numbing takes 0 to 120 minutes."),
        ("clean_down_min", 31, "Clean-down takes 0 to 30 minutes."),
    ],
)
def test_a_phase_out_of_bounds_is_refused_beside_its_field(
    cast: Cast, desk: Client, field: str, value: int, says: str
):
    with pytest.raises(Refusal) as no:
        add(cast, **{field: value})  # type: ignore[arg-type]  # which field, the case says
    assert (no.value.rule, no.value.field, no.value.sentence) == ("R48", field, says)
    answer = desk.post(
        reverse("setup-service-add"), {"name": "Neck", **LENGTHS, field: value, "once": "x"}
    )
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not Service.objects.filter(name="Neck").exists()
    # The database holds it too.
    name = refused(*change(cast.service, **{field: abs(value) if value > 0 else 29}))
    assert name.startswith("service_")


@pytest.mark.parametrize("value", ["", "1,5", "NaN", "1e9", "99999999999", "abc", "4" * 5000])
def test_minutes_that_are_no_number_are_said_to_be(cast: Cast, desk: Client, value: str):
    answer = desk.post(
        reverse("setup-service-add"),
        {"name": "Neck", **LENGTHS, "treatment_min": value, "once": "x"},
    )
    assert answer.status_code == 422
    assert "Enter whole minutes" in text_of(answer)


def test_all_faults_are_said_at_once(cast: Cast):
    with pytest.raises(Refusal) as no:
        add(cast, cast.service.name.upper(), treatment_min=20, numbing_min=500, areas=["eyelid"])
    faults = [no.value, *no.value.also]
    assert [one.field for one in faults] == ["name", "treatment_min", "numbing_min", "areas"]


@pytest.mark.rule("P12")
def test_a_stale_change_is_refused_with_both_texts(cast: Cast, desk: Client):
    page = reverse("setup-service", args=[cast.service.pk])
    operations.change_service(
        service=cast.service,
        name="Face, long",
        treatment_min=45,
        numbing_min=30,
        clean_down_min=10,
        by=cast.manager,
        at=NOW,
    )
    answer = desk.post(page, typed(cast.service, numbing_min=20))
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Someone changed this after you opened the page." in said
    assert "Numbing (minutes) 30 20" in said


def test_what_a_change_touches_is_shown_before_it_is_saved(cast: Cast, desk: Client):
    visit = booked(cast, cast.ana, local(cast, TODAY, 12))
    booked(cast, cast.bo, local(cast, TODAY, 15), patient=cast.wang)
    page = reverse("setup-service", args=[cast.service.pk])
    answer = desk.post(page, typed(cast.service, numbing_min=40))
    assert answer.status_code == 200
    said = text_of(answer)
    assert "Not saved yet: 2 visits are booked ahead." in said
    assert "Numbing (minutes) 25 40" in said
    assert Service.objects.get(pk=cast.service.pk).numbing_min == 25
    form = answer.context["form"]
    again = typed(cast.service, numbing_min=40, looked=form["looked"].value())
    # What is typed after the look is looked at again.
    assert desk.post(page, {**again, "numbing_min": 45}).status_code == 200
    assert desk.post(page, again).status_code == 302
    assert Service.objects.get(pk=cast.service.pk).numbing_min == 40
    kept = Appointment.objects.get(pk=visit.pk)
    assert (kept.numbing_min, kept.lanes) == (25, visit.lanes)
    event = AuditEvent.objects.get(action="service.change")
    assert json.loads(event.detail)["after"] == {"numbing_min": 40}


def test_a_name_or_a_price_is_saved_at_once(cast: Cast, desk: Client):
    booked(cast, cast.ana, local(cast, TODAY, 12))
    page = reverse("setup-service", args=[cast.service.pk])
    answer = desk.post(page, typed(cast.service, name="Face, long", price_text="$350"))
    assert answer.status_code == 302
    row = Service.objects.get(pk=cast.service.pk)
    assert (row.name, row.price_text, row.code) == ("Face, long", "$350", cast.service.code)


def test_the_form_is_sent_twice_and_makes_one(cast: Cast, desk: Client):
    for _ in range(2):
        desk.post(reverse("setup-service-add"), {"name": "Neck", **LENGTHS, "once": "one"})
    assert Service.objects.filter(name="Neck").count() == 1
    answer = desk.post(reverse("setup-service-add"), {"name": "neck", **LENGTHS, "once": "two"})
    assert answer.status_code == 409
    assert "Austin has a service called neck already." in text_of(answer)


@pytest.mark.parametrize("field", ["areas", "device_models"])
def test_what_is_not_on_the_list_is_refused(cast: Cast, desk: Client, field: str):
    answer = desk.post(
        reverse("setup-service-add"), {"name": "Neck", **LENGTHS, field: "eyelid", "once": "x"}
    )
    assert answer.status_code == 422
    assert "Choose one from the list." in text_of(answer)


def test_out_of_use_says_what_is_booked_and_is_no_choice(cast: Cast, desk: Client):
    booked(cast, cast.ana, local(cast, TODAY, 12))
    page = reverse("setup-service-use", args=[cast.service.pk])
    assert "12:00 PM: Mia Lee with Ana Ruiz" in text_of(desk.get(page))
    answer = desk.post(page, {"version": cast.service.version, "in_use": "", "once": "x"})
    assert answer.status_code == 302
    assert cast.service not in queries.services_of(cast.clinic)
    assert "Out of use" in text_of(desk.get(reverse("setup-services")))
    with pytest.raises(Conflict):
        operations.set_service_use(
            service=cast.service, in_use=True, version=1, by=cast.manager, at=NOW
        )


@pytest.mark.rule("P15")
def test_another_clinic_s_service_is_not_there(cast: Cast, desk: Client):
    for name in ("setup-service", "setup-service-use"):
        assert desk.get(reverse(name, args=[cast.other_service.pk])).status_code == 404


# --- Devices of chosen models


@pytest.fixture
def other_pen(cast: Cast) -> Device:
    """The short service is done with this one alone."""
    model = factories.device_model(name="Fine Pen")
    cast.short_service.device_models.set([model])
    return factories.device(cast.clinic, model, "F-1")


def book(cast: Cast, hour: int, **given: Any) -> Appointment:
    values = {
        "clinic": cast.clinic,
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.short_service,
        "starts_at": local(cast, TODAY, hour),
        "by": cast.reception,
        "at": NOW,
    }
    return operations.book(**{**values, **given})


@pytest.mark.rule("R47")
def test_a_visit_takes_a_device_of_the_models_that_its_service_names(cast: Cast, other_pen: Device):
    visit = book(cast, 12)
    assert visit.device == other_pen
    assert "12:00 PM" not in offered(cast, TODAY)["Priya Raman"]
    assert "12:00 PM" in offered(cast, TODAY, need=cast.service)["Priya Raman"]
    says = "No device is free for all of 12:00–12:40 PM."
    with pytest.raises(Conflict, match=says):
        book(cast, 12, practitioner=cast.priya, patient=cast.wang)
    assert says in queries.doubts_about(
        local(cast, TODAY, 12),
        clinic=cast.clinic,
        need=cast.short_service,
        at=NOW,
        practitioner=cast.priya,
        patient=cast.wang,
    )
    with pytest.raises(Refusal, match="This service is not done with D-1"):
        book(cast, 14, device=cast.device)


def test_without_a_fitting_device_it_is_said_so(cast: Cast, other_pen: Device):
    other_pen.status = Device.Status.REPAIR
    other_pen.write()
    says = "The clinic has no device in service that this service is done with."
    with pytest.raises(Refusal, match=says):
        book(cast, 12)
    assert says in queries.doubts_about(
        local(cast, TODAY, 12), clinic=cast.clinic, need=cast.short_service, at=NOW
    )
    assert not any(offered(cast, TODAY).values())


def test_a_visit_that_is_moved_takes_a_fitting_device(cast: Cast):
    visit = book(cast, 12)
    assert visit.device.model == cast.model
    model = factories.device_model(name="Fine Pen")
    pen = factories.device(cast.clinic, model, "F-1")
    cast.short_service.device_models.set([model])
    moved = operations.move(
        appointment=visit, starts_at=local(cast, TODAY, 14), by=cast.reception, at=NOW
    )
    assert moved.device == pen
