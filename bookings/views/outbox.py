"""What became of the messages to patients, and trying one again. Why they come stands nowhere."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from bookings import operations, queries
from bookings.forms.outbox import SHOW, WAYS, AgainForm, Which
from bookings.rules.sending import LABELS, OFFERED, said_of
from bookings.rules.waiting import OfferState
from bookings.views.waiting_times import line_url
from clinic import drafts
from clinic.models import Clinic, Message
from clinic.models.places import dialed
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import say_date, say_time
from clinic.views.doors import FormPage, acting

PER_PAGE = 50
# How each state is drawn: failed is red, sent is green.
BADGES = {"failed": "refused", "sent": "done", "dropped": "inactive"}
# Of what is sent or waits, the start is told; of what failed or was dropped, why.
EMPTY = {
    "failed": (
        "Nothing failed",
        "Of the last 90 days every message went out, still waits, or stands under “Not sent”.",
    ),
    "waiting": (
        "Nothing waits",
        "A message stands here from the act that causes it until it goes.",
    ),
    "dropped": ("Nothing was held back", "What is no longer so when it would go is not sent."),
    "sent": ("Nothing was sent", "Messages of the last 90 days stand here once they are sent."),
}


class Messages(FormPage):
    """The clinic's messages of one state, of the last 90 days; those that failed first."""

    may = (Permission.BOOK,)
    http_method_names = ["get", "head", "options"]
    template_name = "bookings/messages.html"
    form_class = AgainForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic, at = self.request.clinic, timezone.now()
        which = Which(self.request.GET)
        if not which.is_valid():
            raise Http404
        show, way = which.cleaned_data["show"] or "failed", which.cleaned_data["way"]
        rows = queries.messages_shown(
            user=self.request.user, clinic=clinic, show=show, way=way, at=at
        )
        try:
            page = Paginator(rows, PER_PAGE).page(self.request.GET.get("page", 1))
        except InvalidPage as no:
            raise Http404 from no
        counted = queries.messages_counted(clinic=clinic, at=at)
        what, why = EMPTY[show]
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": [_line(one, clinic, at) for one in queries.posted([*page.object_list])],
            "show": show,
            "states": _links(SHOW, "show", show, {"way": way}, counted),
            "ways": _links(WAYS, "way", way, {"show": show}, {}),
            "query": urlencode({"show": show} | ({"way": way} if way else {})),
            "empty_what": what,
            "empty_why": why,
            "sends_texts": queries.sends_texts(),
            "refusal": kwargs.get("refusal"),
        }


class TryAgain(Messages):
    """A press beside a message that failed; a refusal stands above the list."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = queries.message_for(
            user=self.request.user, clinic=self.request.clinic, key=kwargs["pk"]
        )
        if found is None:
            raise Http404
        self.message = found
        return super().post(request, *args, **kwargs)

    def perform(self, form: AgainForm) -> Message:
        return operations.try_message_again(
            message=self.message, **acting(self.request), once=form.key
        )

    def form_refused(self, form: AgainForm, no: Refusal) -> HttpResponse:
        context = self.get_context_data(form=form, refusal=no)
        return self.render_to_response(context, status=no.status)

    def where_to(self, result: Message) -> str:
        messages.success(self.request, f"The message to {_address(result)} goes out once more.")
        return reverse("messages")


def _links(
    choices: Any, name: str, at: str, beside: dict[str, str], counted: dict[str, int]
) -> list[dict[str, Any]]:
    """The ways to look at the messages, each as a link that keeps what else is asked for."""
    kept = {key: value for key, value in beside.items() if value}
    return [
        {
            "label": label,
            "current": key == at,
            "url": f"{reverse('messages')}?{urlencode({name: key} | kept if key else kept)}",
            "count": counted.get(key),
        }
        for key, label in choices
    ]


def _line(one: queries.Posted, clinic: Clinic, at: Any) -> dict[str, Any]:
    message, visit, offer, patient = one.message, one.visit, one.offer, one.patient
    when = clinic.local(message.finished_at or message.due_at)
    stands = message.not_after > at and not message.withdrawn
    holds = offer is not None and offer.state == OfferState.OPEN and offer.expires_at > at
    says = OFFERED if offer else LABELS[one.kind] if one.kind else "A message"
    url = ""
    if visit:
        url = reverse("appointment", args=[visit.pk])
    elif offer:
        url = line_url(offer.practitioner, offer.starts_at)
    return {
        "pk": message.pk,
        # Its own for each: two of one page may be tried again.
        "once": drafts.new_key(),
        "who": patient.name if patient else "",
        "url": url,
        "edit_url": reverse("patient-edit", args=[patient.pk]) if patient else "",
        "says": says,
        "way": message.get_channel_display(),
        "to": _address(message),
        "visit": _say_time_of(one, clinic),
        "when": f"{say_date(when.date())}, {say_time(when)}",
        "status": BADGES.get(message.status, "pending"),
        "label": dict(SHOW).get(message.status, message.get_status_display()),
        "why": said_of(message.error),
        "tries": message.attempts,
        "no_longer": message.withdrawn or (offer is not None and not holds),
        "again": message.status == Message.Status.FAILED
        and stands
        and (holds if offer else visit is not None),
        "take_back": reverse("offer-take-back", args=[offer.pk]) if offer and holds else "",
    }


def _say_time_of(one: queries.Posted, clinic: Clinic) -> str:
    """The start that a message told, of the first visit and how many more; or what is offered."""
    starts_at = one.message.not_after
    if one.offer:
        starts_at = one.offer.starts_at
    elif one.visit:
        # It told when to be there; the board goes by the start.
        starts_at += one.visit.starts_at - one.visit.comes_at
    local = clinic.local(starts_at)
    says = f"{say_date(local.date())}, {say_time(local)}"
    if one.offer:
        says += f", held until {say_time(clinic.local(one.offer.expires_at))}"
    more = len(one.listed) - 1
    return f"{says}, and {more} more" if more > 0 else says


def _address(message: Message) -> str:
    return dialed(message.to) if message.channel == Message.Channel.SMS else message.to
