"""The words of the messages that the clinic at work sends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from bookings import operations, queries
from bookings.forms.letters import LetterForm
from bookings.messages import blanks_of, text_of, widest_blanks
from bookings.models import MessageText
from bookings.rules.letters import LETTERS, Words, fill, letter_fault, said
from bookings.rules.texts import GSM, GSM_TWICE, length_fault, text_length
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpForm, SetUpList


class Letters(SetUpList):
    """Each kind of message, and whose words it has."""

    template_name = "bookings/letters.html"

    title = "Messages"
    lead = "What patients are written, by email and as a text. It never says why they come."
    columns = ("Message", "Subject", "Words")

    def lines(self) -> Sequence[Line]:
        own = queries.own_texts(self.request.clinic)
        return [
            Line(
                letter.label,
                reverse("setup-message", args=[kind]),
                [own[kind].subject if kind in own else letter.subject],
                status="active" if kind in own else "inactive",
                label="Your own" if kind in own else "The house's",
            )
            for kind, letter in LETTERS.items()
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        clinic = self.request.clinic
        hours = [one for one in (clinic.first_h, clinic.second_h) if one]
        return super().get_context_data(**kwargs) | {
            "sends_texts": queries.sends_texts(),
            "reminded": " and ".join(str(one) for one in hours),
        }


class ChangeLetter(SetUpForm):
    """One message in the clinic's own words, as its next reader will see it."""

    template_name = "bookings/letter.html"
    verb = "Save the words"
    after = "setup-messages"
    after_label = "Messages"
    form_class = LetterForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["kind"] not in LETTERS:
            raise Http404
        self.kind = kwargs["kind"]
        self.title = LETTERS[self.kind].label
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        words = queries.words_of(self.request.clinic, self.kind)
        own = queries.own_texts(self.request.clinic).get(self.kind)
        return {
            "subject": words.subject,
            "body": words.body,
            "sms": words.sms,
            "version": own.version if own else 0,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        form: LetterForm = found["form"]
        subject, body = (form["subject"].value() or "", form["body"].value() or "")
        readable = letter_fault(subject, needs_when=False) is None
        readable = readable and letter_fault(body, needs_when=False) is None
        values = blanks_of(self.request.clinic, timezone.now(), "Mia")
        house = LETTERS[self.kind]
        sms = form["sms"].value() or house.sms
        return found | {
            "sample_subject": said(subject, house.subject, values, whole=True) if readable else "",
            "sample_body": said(body, house.body, values) if readable else "",
            "sends_texts": queries.sends_texts(),
            **self._text(Words(subject, body, sms), values),
        }

    def _text(self, words: Words, values: dict[str, str]) -> dict[str, Any]:
        """The text message as a patient reads it, how long it can get, and what the page's own
        count needs to say the same."""
        widest = widest_blanks(self.request.clinic, timezone.now())
        readable = letter_fault(words.sms, needs_when=False) is None
        long = fill(words.sms, widest) if readable else ""
        return {
            "sample_sms": text_of(words, LETTERS[self.kind], values) if readable else "",
            "length": text_length(long) if readable else None,
            "too_long": length_fault(long) if readable else "",
            "counted_by": json.dumps(
                {
                    "blanks": widest,
                    "house": LETTERS[self.kind].sms,
                    "plain": "".join(sorted(GSM)),
                    "twice": "".join(sorted(GSM_TWICE)),
                }
            ),
        }

    def perform(self, form: LetterForm) -> MessageText:
        return operations.set_message_text(
            clinic=self.request.clinic,
            kind=self.kind,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def said(self, result: MessageText) -> str:
        return f"From now on, {result.get_kind_display().lower()} is told in these words."
