"""The link of an offer: whoever holds it takes the time or leaves it, without a log-in.

It tells when and where, never what for, and once it was taken the visit as it stands now. The page
of a link that nobody was given and that of one whose visit is past are the same.
"""

from __future__ import annotations

from typing import Any

# The public one lets every GET pass: here a GET is a guess.
from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.generic import View

from bookings import operations, queries
from bookings.models import Offer
from bookings.rules.status import HOLDING
from bookings.rules.waiting import OfferState
from clinic.refusals import Refusal
from clinic.rules import link_digest, say_date, say_time, written_as

TAKE, DECLINE = "take", "decline"


class OfferLink(View):
    """What is offered, with one button to take it and one to leave it."""

    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not ratelimit.consume(request, app="allauth.account", action="offer", limit_get=True):
            answer: HttpResponseBase = self._page(None, "busy", status=429)
        else:
            self.at = timezone.now()
            self.digest = link_digest(kwargs.pop("key"))
            found = queries.offer_by(self.digest)
            if found is None or _visit_of(found).starts_at <= self.at:
                answer = self._page(None, "unknown", status=404)
            else:
                self.offer = found
                # What is refused here is on record in the clinic's log, in its way of writing.
                with written_as(found.clinic.locale):
                    answer = super().dispatch(request, *args, **kwargs)
        patch_cache_control(answer, no_store=True, private=True)
        answer["X-Robots-Tag"] = "noindex"
        return answer

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._as_it_stands()

    def post(self, request: HttpRequest) -> HttpResponse:
        answer = request.POST.get("answer")
        try:
            if answer == TAKE:
                operations.take_offer(offer=self.offer, at=self.at)
            elif answer == DECLINE:
                operations.decline_offer(offer=self.offer, at=self.at)
        except Refusal as no:
            # A second press finds what the first one did; anyone else is told to call.
            return self._as_it_stands(no)
        return self._as_it_stands(status=200 if answer in (TAKE, DECLINE) else 422)

    def _as_it_stands(self, no: Refusal | None = None, status: int = 200) -> HttpResponse:
        offer = queries.offer_by(self.digest) or self.offer
        if offer.state == OfferState.TAKEN:
            if _visit_of(offer).status in HOLDING:
                return self._page(offer, "taken")
            return self._page(offer, "off", status=409 if no else 410)
        if offer.state == OfferState.DECLINED:
            return self._page(offer, "declined")
        if offer.state != OfferState.OPEN or self.at >= offer.expires_at:
            return self._page(offer, "late", status=409 if no else 410)
        if no is not None:
            return self._page(offer, "impossible", status=no.status)
        return self._page(offer, "open", status=status)

    def _page(self, offer: Offer | None, stands: str, *, status: int = 200) -> HttpResponse:
        context: dict[str, Any] = {"stands": stands, "clinic": None}
        if offer is not None:
            clinic = offer.clinic
            local = clinic.local(_visit_of(offer).comes_at)
            context |= {
                "clinic": clinic,
                "day": say_date(local.date()),
                "time": say_time(local),
                "zone": local.tzname(),
                "until": say_time(clinic.local(offer.expires_at)),
                "phone": clinic.phone_text,
            }
        return render(self.request, "bookings/offer.html", context, status=status)


def _visit_of(offer: Offer) -> Any:
    """The visit that the offer became, which may be moved or called off since; else the offer."""
    return offer.appointment or offer
