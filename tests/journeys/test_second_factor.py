"""Where all staff need a second factor: an app, recovery codes, a passkey, and the way back in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import AuditEvent
from clinic.queries import factors as queries
from tests.cast import Cast
from tests.clinic.test_factors_operations import STEP, code_at
from tests.journeys.conftest import Watch
from tests.journeys.people import log_out, press, type_in
from tests.server import Server

Look = Callable[..., None]
KEEPS_ITSELF = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture
def desk(page: Page) -> Page:
    """A desk whose computer holds passkeys."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEEPS_ITSELF})
    return page


@pytest.mark.rule("P19")
def test_rosa_sets_up_her_second_factor_and_comes_back_in_by_each(
    cast: Cast,
    clock: time_machine.Traveller,
    desk: Page,
    server: Server,
    watch: Watch,
    look: Look,
    settings: Any,
) -> None:
    settings.MFA_REQUIRED = True
    # Browsers make no passkey for an address of bare numbers.
    site = watch.address = server.url.replace("127.0.0.1", "localhost")

    # She is led to the set-up, and gets nowhere else.
    desk.goto(f"{site}/patients/")
    type_in(desk, cast.reception)
    expect(desk.get_by_role("heading", name="Your second factor")).to_be_visible()
    expect(desk.get_by_role("link", name="Patients")).to_have_count(0)
    look("led to the set-up", dark=True)
    desk.goto(f"{site}/day/")
    expect(desk.get_by_role("heading", name="Your second factor")).to_be_visible()
    desk.goto(f"{site}/patients/")

    # The app, by the secret that a phone without a camera would be given.
    desk.get_by_role("link", name="Set up an app").click()
    expect(desk.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    look("set up an app", dark=True)
    secret = desk.locator("code.secret").inner_text().replace(" ", "")
    desk.get_by_label("Code").fill("12345a")
    assert press(desk, "Switch on") == 422
    expect(desk.get_by_text("Enter the 6 digits that the app shows now.")).to_be_visible()
    look("not a code")
    desk.get_by_label("Code").fill(code_at(timezone.now(), secret))
    press(desk, "Switch on")

    # Her recovery codes, once; then on to where she wanted to go.
    expect(desk.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    look("recovery codes", dark=True)
    codes = desk.locator(".codes code").all_inner_texts()
    with desk.expect_download() as file:
        desk.get_by_role("link", name="Download as text").click()
    assert all(code in file.value.path().read_text() for code in codes)
    press(desk, "I have kept them")
    expect(desk.get_by_role("heading", name="Patients")).to_be_visible()

    # A passkey of this computer.
    desk.goto(f"{site}/account/security/")
    desk.get_by_role("link", name="Add a passkey").click()
    desk.get_by_label("Name").fill("Front desk")
    look("add a passkey")
    desk.get_by_role("button", name="Add the passkey").click()
    expect(desk.get_by_text("Your passkey is on file.")).to_be_visible()
    expect(desk.locator("bdi", has_text="Front desk")).to_be_visible()
    look("both are on", dark=True)

    # Back in by the passkey, by a code, by a recovery code.
    log_out(desk, cast.reception)
    type_in(desk, cast.reception)
    expect(desk.get_by_role("button", name="Use a passkey")).to_be_visible()
    look("the second step", dark=True)
    desk.get_by_role("button", name="Use a passkey").click()
    expect(desk.get_by_text("Rosa Alvarez").first).to_be_visible()
    clock.shift(10 * STEP)
    for code in (code_at(timezone.now(), secret), codes[0]):
        log_out(desk, cast.reception)
        type_in(desk, cast.reception)
        desk.get_by_label("Code").fill(code)
        press(desk, "Log in")
        expect(desk.get_by_text("Rosa Alvarez").first).to_be_visible()
    log_out(desk, cast.reception)
    type_in(desk, cast.reception)
    desk.get_by_label("Code").fill(codes[0])
    assert press(desk, "Log in") == 422
    expect(desk.get_by_text("This code does not fit, or was used already.")).to_be_visible()
    look("used already")

    # By the keyboard alone; then the passkey goes, and the app stays.
    desk.get_by_role("button", name="Use a passkey").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Rosa Alvarez").first).to_be_visible()
    desk.goto(f"{site}/account/security/")
    desk.get_by_role("button", name="Remove Front desk").click()
    look("asked before it is removed")
    press(desk, desk.get_by_role("dialog").get_by_role("button", name="Remove"))
    expect(desk.get_by_text("The passkey is removed.")).to_be_visible()
    found = queries.factors_of(cast.reception)
    assert (found.said, found.codes_left) == ("Authenticator app", 9)
    proved = AuditEvent.objects.filter(action="user.second_factor").order_by("seq")
    assert list(proved.values_list("outcome", flat=True)) == [
        *("done", "done", "done"),
        "refused",
        "done",
    ]
