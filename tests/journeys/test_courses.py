"""A course of four, booked from the patient's card in a real browser."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from bookings.models import Appointment
from tests.cast import Cast
from tests.journeys.conftest import Look

Seat = Callable[..., Page]


def test_a_course_of_four_is_booked_from_the_patients_card(
    cast: Cast, seat: Seat, look: Look
) -> None:
    page = seat(cast.reception, f"/patients/{cast.mia.pk}/")
    page.get_by_role("link", name="Plan a course").click()
    page.locator("#id_service").select_option(str(cast.service.pk))
    page.locator("#id_planned").fill("4")
    page.locator("#id_weekday").select_option("1")
    page.locator("#id_time").fill("12")
    page.locator("#id_practitioner").select_option(str(cast.ana.pk))
    page.keyboard.press("Enter")
    expect(page.locator(".course-visit")).to_have_count(4)
    look("a course planned")
    page.get_by_role("button", name="Book the chosen visits").click()
    expect(page.get_by_text("4 visits are booked for Mia Lee.")).to_be_visible()
    look("a course booked")
    assert Appointment.objects.exclude(course=None).count() == 4
