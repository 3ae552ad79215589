"""Goods-in: scan a delivery, say how much of it, and get a code for each unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from clinic import accounts
from clinic.forms import HouseForm
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import say_date
from clinic.views.doors import Door, FormPage, StaffRequest, acting, attempt, go
from treatments import operations
from treatments.forms.stock import ByHandForm, DeliveryForm, ReceiveForm
from treatments.models import CartridgeLot
from treatments.queries import stock as queries
from treatments.queries.catalog import catalog_entry
from treatments.rules.intake import Fault, Kind, Precision, Verdict, read_scan
from treatments.rules.intake.read import LONGEST
from treatments.rules.stock import say_days_left


class Receive(Door):
    """The scan field; a scan is answered with what its code says, and changes nothing."""

    may = (Permission.RECEIVE_STOCK,)
    form_class: type[HouseForm] = DeliveryForm

    def get(self, request: StaffRequest) -> HttpResponse:
        # A product that was missing is on file now: its scan comes back with the person.
        scan = request.GET.get("scan", "")[:LONGEST]
        return self.show(DeliveryForm(initial={"scan": scan}))

    def post(self, request: StaffRequest) -> HttpResponse:
        form = DeliveryForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        scan = form.cleaned_data["scan"]
        verdict = self.read(scan)
        if not verdict.accepted:
            kept = DeliveryForm(initial={"scan": scan})
            return self.show(kept, verdict=verdict, status=422)
        if self.on_file(verdict) not in (None, verdict.expires_on):
            kept = DeliveryForm(initial={"scan": scan})
            return self.show(kept, verdict=verdict, status=409)
        expired = verdict.expired_on(self.today)
        receive = ReceiveForm(initial={"scan": scan, "quarantine": expired})
        return self.show(DeliveryForm(), verdict=verdict, receive=receive)

    @property
    def today(self) -> dt.date:
        day: dt.date = self.request.clinic.day_of(timezone.now())
        return day

    def read(self, scan: str) -> Verdict:
        """What the code says, with the catalog's answer to it."""
        return read_scan(scan, today=self.today, catalog=catalog_entry)

    def on_file(self, verdict: Verdict) -> dt.date | None:
        """The expiry with which the scanned lot is on file here, if it is."""
        clinic = self.request.clinic
        known = verdict.accepted and verdict.di and verdict.lot
        lot = queries.lot_of_scan(clinic, di=verdict.di or "", lot=verdict.lot or "")
        return lot.expires_on if known and lot else None

    def ways_on(self, verdict: Verdict) -> list[dict[str, str]]:
        """Where a delivery that this scan can't bring in goes next."""
        by_hand = reverse("cartridge-receive-by-hand")
        if verdict.fault is Fault.NOT_IN_CATALOG:
            if not self.request.user.can(Permission.SET_UP_CLINIC, self.request.clinic.pk):
                return []
            add = f"{reverse('setup-cartridge-product-add')}?{urlencode({'code': verdict.raw})}"
            return [{"label": "Add the product", "url": add}]
        if verdict.accepted:
            return []
        if verdict.kind is Kind.UNIT_CODE:
            address = reverse("cartridge-code", args=[verdict.unit_code])
            return [{"label": f"Show {verdict.unit_code}", "url": address}]
        known = f"?{urlencode({'di': verdict.di})}" if verdict.di and verdict.entry else ""
        return [{"label": "Enter it from the print, with a second person", "url": by_hand + known}]

    def show(
        self,
        form: DeliveryForm,
        *,
        verdict: Verdict | None = None,
        receive: ReceiveForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """The page: what was read, and what to do with it."""
        context: dict[str, Any] = {"form": form, "receive": receive}
        if verdict is not None:
            words = band(verdict, self.today, on_file=self.on_file(verdict))
            context |= {"read": verdict, "verdict": words, "ways": self.ways_on(verdict)}
            if verdict.entry:
                context["package"] = verdict.entry
        return render(self.request, "treatments/receive.html", context, status=status)


class ConfirmDelivery(Receive):
    """So many packages of the scanned lot came in: the units get their codes."""

    http_method_names = ["post"]
    form_class = ReceiveForm

    def post(self, request: StaffRequest) -> HttpResponse:
        form = ReceiveForm(request.POST)
        verdict = self.read(str(form.data.get("scan", "")))
        if not form.is_valid():
            if "scan" in form.errors or not verdict.accepted:
                return self.show(DeliveryForm(), verdict=verdict, status=422)
            return self.show(DeliveryForm(), verdict=verdict, receive=form, status=422)
        shown = form if verdict.accepted else None
        return attempt(
            request,
            form,
            lambda: operations.receive_scan(
                clinic=request.clinic,
                **form.values,
                **acting(request),
                once=form.key,
            ),
            done=lambda lot: go(request, received(request, lot)),
            refused=lambda no: self.show(
                DeliveryForm(), verdict=verdict, receive=shown, status=no.status
            ),
        )


class ReceiveByHand(FormPage):
    """Two people enter what is printed, where the code can't be read."""

    may = (Permission.RECEIVE_STOCK,)
    template_name = "treatments/receive_by_hand.html"
    form_class = ByHandForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"packages": queries.packages()}

    def get_initial(self) -> dict[str, Any]:
        found = queries.identifier_of(self.request.GET.get("di", ""))
        return {"package": found.pk if found else None}

    def perform(self, form: ByHandForm) -> CartridgeLot:
        values = form.values
        wrong = accounts.confirm_password(
            self.request, values["second_password"], of=values["second_person"]
        )
        if wrong is not None:
            sentence = "This is not the second person's password."
            told = sentence if wrong == accounts.WRONG else wrong
            raise Refusal(told, rule="R14", field="second_password")
        return operations.receive_lot(
            clinic=form.clinic, **values, **acting(self.request), once=form.key
        )

    def where_to(self, result: CartridgeLot) -> str:
        return received(self.request, result)


def received(request: StaffRequest, lot: CartridgeLot) -> str:
    """Say which units came in; returns the address of their codes."""
    delivery = queries.deliveries_of(lot)[0]
    count = len(delivery.codes)
    units = f"{count} units are on file" if count > 1 else "1 unit is on file"
    messages.success(request, f"{units}: {delivery.first} to {delivery.last}.")
    return reverse("cartridge-codes", args=[lot.pk])


def band(verdict: Verdict, today: dt.date, *, on_file: dt.date | None = None) -> dict[str, Any]:
    """The answer to a scan, readable from across the store room. `on_file` is the expiry with
    which the lot came in before."""
    facts = []
    if verdict.entry:
        facts.append({"label": "Product", "text": verdict.entry.product_name})
    elif verdict.di:
        facts.append({"label": "Number", "text": verdict.di})
    if verdict.lot:
        facts.append({"label": "Lot", "text": verdict.lot})
    if verdict.expires_on:
        month = verdict.expiry_precision is Precision.MONTH
        said = f"{verdict.expires_on:%B %Y}" if month else say_date(verdict.expires_on)
        facts.append({"label": "Expires", "text": said})
    if verdict.accepted and verdict.entry:
        one = verdict.entry.units == 1
        size = "One unit" if one else f"{verdict.level} of {verdict.entry.units}".capitalize()
        facts.append({"label": "Package", "text": size})
    if on_file is not None and on_file != verdict.expires_on:
        why = f"Lot {verdict.lot} is on file with expiry {say_date(on_file)}. "
        why += "Compare with the print; if it does differ, ask the maker."
        words = {"status": "refused", "word": "Two expiry dates for one lot", "why": why}
        return words | {"facts": facts}
    return _words(verdict, today) | {"facts": facts}


def _words(verdict: Verdict, today: dt.date) -> dict[str, str]:
    if verdict.accepted and verdict.expired_on(today):
        when = say_days_left(verdict.expires_on or today, today)
        why = f"It expired {when}. It can come in only to be counted, and is never opened."
        return {"status": "ask", "word": "Expired: quarantine only", "why": why}
    if verdict.accepted:
        told = " ".join(one.sentence for one in verdict.warnings)
        why = told or "The code is complete. Say how many packages came in."
        return {"status": "accepted", "word": f"Lot {verdict.lot}", "why": why}
    if verdict.kind is Kind.ASK:
        return {"status": "ask", "word": "Lot and expiry are missing", "why": verdict.sentence}
    if verdict.kind is Kind.UNIT_CODE:
        why = "This is a code of ours, from an earlier delivery. Scan the maker's code."
        return {"status": "ask", "word": f"{verdict.unit_code} is a unit code", "why": why}
    unknown = verdict.fault is Fault.NOT_IN_CATALOG
    word = "Not in the catalog" if unknown else "This code can't be used"
    return {"status": "refused", "word": word, "why": verdict.sentence}
