"""What everyone does at a screen: log in, lock it, open it again, leave it, hold up a code."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, Response, expect

from clinic.models import User
from tests.cast import PASSWORD


def log_in(page: Page, user: User, *, at: str = "/") -> None:
    """Open a page, be asked who one is, and get there."""
    page.goto(at)
    type_in(page, user)
    expect(page.get_by_text(user.name).first).to_be_visible()


def type_in(page: Page, user: User) -> None:
    """Fill in and send the log-in page that is open."""
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page, user: User) -> None:
    """Leave by the menu under one's own name."""
    page.locator("summary", has_text=user.name).click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def unlock(page: Page, user: User) -> None:
    """Open the locked screen that stands before one."""
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    expect(page.get_by_text(user.name)).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Unlock").click()


def answers_a_press(answer: Response) -> bool:
    """Whether a form was sent: neither a question nor the page keeping what is being typed."""
    return answer.request.method == "POST" and not keeps_what_was_typed(answer)


def keeps_what_was_typed(answer: Response) -> bool:
    """Whether the page has put a draft away; as it opens, it asks at the same address for one."""
    return answer.request.method == "POST" and answer.url.endswith("/draft/")


def scan(page: Page, code: str) -> int:
    """Hold a code before the scanner: it types into whatever has the focus, then presses Enter.

    A page that is due a scan gives its field the focus by itself. Gives back how the server
    answered.
    """
    expect(page.locator("input[data-scan]")).to_be_focused()
    with page.expect_response(answers_a_press) as answer:
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    return answer.value.status


def choose(page: Page, question: str, *answers: str) -> None:
    """Tap the answers to a question of the treatment page."""
    for answer in answers:
        page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def press(page: Page, button: str | Locator) -> int:
    """Press a button that sends a form; how the server answered."""
    target = (
        page.get_by_role("button", name=button, exact=True) if isinstance(button, str) else button
    )
    with page.expect_response(answers_a_press) as answer:
        target.click()
    return answer.value.status
