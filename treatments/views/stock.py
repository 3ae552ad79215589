"""The shelf, one lot with its units and their codes, and one unit's life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from clinic.permissions import Permission
from clinic.views.doors import Door, StaffRequest, acting, attempt, go
from treatments import operations
from treatments.forms.stock import WasteUnitForm
from treatments.models import Cartridge, CartridgeLot
from treatments.queries import ledger
from treatments.queries import stock as queries
from treatments.queries.catalog import catalog_entry
from treatments.rules.intake import Kind, read_scan
from treatments.rules.status import UNIT_WORDS, Unit

PER_PAGE = 100
# What the numbers above the shelf narrow it to.
ONLY: dict[str, Callable[[queries.LotShelf], object]] = {
    "ready": lambda lot: lot.ready,
    "expiring": lambda lot: lot.state == "expiring",
    "expired": lambda lot: lot.expired,
    "quarantined": lambda lot: lot.quarantined,
    "opened": lambda lot: lot.units.get("opened"),
}


class StockDoor(Door):
    """A page of the stock in the clinic at work."""

    may = (Permission.SEE_STOCK,)

    @property
    def today(self) -> dt.date:
        day: dt.date = self.request.clinic.day_of(timezone.now())
        return day

    def rights(self) -> dict[str, Any]:
        """Which ways on the page may show."""
        user = self.request.user
        key = self.request.clinic.pk
        return {
            "may_receive": user.can(Permission.RECEIVE_STOCK, key),
            "may_waste": user.can(Permission.WASTE_STOCK, key),
            "may_audit": user.can(Permission.SEE_CARTRIDGE_AUDIT, key),
        }


class Cartridges(StockDoor):
    """What is on hand, first-expiring first; or, on demand, the lots that are used up."""

    def get(self, request: StaffRequest) -> HttpResponse:
        clinic = request.clinic
        wanted = request.GET.get("find", "")[:300].replace("\x00", "")
        if wanted.strip() and (address := self._address(wanted)):
            return HttpResponseRedirect(address)
        if request.GET.get("show") == "used-up":
            page = Paginator(queries.used_up(clinic), PER_PAGE).get_page(request.GET.get("page"))
            context = self.rights() | {"page": page}
            return render(request, "treatments/used_up.html", context)
        shelf = queries.shelf(clinic, today=self.today, matching=wanted.strip()[:20])
        lots = [lot for product in shelf for lot in product.lots]
        only = request.GET.get("only", "")
        if only in ONLY:
            for product in shelf:
                product.shown = [lot for lot in product.lots if ONLY[only](lot)]
        context = self.rights() | {
            "shelf": [product for product in shelf if product.shown],
            "only": only,
            "find": wanted,
            "ready": sum(lot.ready for lot in lots),
            "on_hand": sum(lot.on_hand for lot in lots),
            "expiring": sum(lot.ready for lot in lots if lot.state == "expiring"),
            "expired": sum(lot.expired for lot in lots),
            "expired_aside": sum(lot.units["quarantined"] for lot in lots if lot.expired),
            "quarantined": sum(lot.quarantined for lot in lots),
            "opened": sum(lot.units.get("opened", 0) for lot in lots),
        }
        return render(request, "treatments/cartridges.html", context)

    def _address(self, wanted: str) -> str | None:
        """The page of the unit or lot that a typed or scanned code names, where there is one."""
        clinic = self.request.clinic
        user = self.request.user
        verdict = read_scan(wanted, today=self.today, catalog=catalog_entry)
        if verdict.kind is Kind.UNIT_CODE:
            unit = ledger.unit_here(user=user, clinic=clinic, code=verdict.unit_code or "")
            return reverse("cartridge", args=[unit.pk]) if unit else None
        if verdict.accepted and verdict.di and verdict.lot:
            lot = queries.lot_of_scan(clinic, di=verdict.di, lot=verdict.lot)
            return reverse("cartridge-lot", args=[lot.pk]) if lot else None
        return None


class LotDoor(StockDoor):
    """A page of one lot; another clinic's answers like a missing one (P15)."""

    @cached_property
    def lot(self) -> CartridgeLot:
        found = queries.lot_here(
            user=self.request.user,
            clinic=self.request.clinic,
            key=self.kwargs["pk"],
        )
        if found is None:
            raise Http404
        return found


class ShowLot(LotDoor):
    """One lot: how it stands, and its units with their states."""

    def get(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        state = request.GET.get("state", "")
        if state and state not in UNIT_WORDS:
            raise Http404
        counts = queries.states_of(self.lot)
        units = queries.units_of(self.lot, state=state)
        context = self.rights() | {
            "lot": self.lot,
            "stand": queries.stand_of(self.lot, counts, self.today),
            "state": state,
            "states": [
                {"value": str(unit), "label": UNIT_WORDS[unit], "count": counts[unit]}
                for unit in Unit
                if counts.get(unit)
            ],
            "count": sum(counts.values()),
            "page": Paginator(units, PER_PAGE).get_page(request.GET.get("page")),
            "identifiers": queries.identifiers_of(self.lot),
        }
        return render(request, "treatments/lot.html", context)


class LotCodes(LotDoor):
    """The unit codes of a lot's deliveries, to print and stick on the pouches."""

    def get(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        deliveries = queries.deliveries_of(self.lot)
        wanted = request.GET.get("delivery", "1")
        number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 5 else 0
        if not 1 <= number <= len(deliveries):
            raise Http404
        context = self.rights() | {
            "lot": self.lot,
            "stand": queries.stand_of(self.lot, {}, self.today),
            "deliveries": deliveries,
            "number": number,
            "delivery": deliveries[number - 1],
        }
        return render(request, "treatments/codes.html", context)


class ByCode(StockDoor):
    """From the code on a sticker to the unit's page; where it is not known here, 404."""

    def get(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        clinic = request.clinic
        user = request.user
        unit = ledger.unit_here(user=user, clinic=clinic, code=kwargs["code"])
        if unit is None:
            raise Http404
        return HttpResponseRedirect(reverse("cartridge", args=[unit.pk]))


class UnitDoor(StockDoor):
    """A page of one unit; another clinic's answers like a missing one (P15)."""

    @cached_property
    def unit(self) -> Cartridge:
        found = ledger.unit_by_key(
            user=self.request.user,
            clinic=self.request.clinic,
            key=self.kwargs["pk"],
        )
        if found is None:
            raise Http404
        return found

    def show(self, form: WasteUnitForm | None = None, *, status: int = 200) -> HttpResponse:
        """The unit's life, and the way to waste it while it is in stock."""
        unit = self.unit
        context = self.rights() | {
            "unit": unit,
            "lot": unit.lot,
            "stand": queries.stand_of(unit.lot, {}, self.today),
            "life": ledger.life_of(unit, user=self.request.user),
            "form": form or WasteUnitForm(),
            "wasteable": self._may_go(),
        }
        return render(self.request, "treatments/unit.html", context, status=status)

    def _may_go(self) -> bool:
        """Whether the person may waste the unit as it stands."""
        rights, unit = self.rights(), self.unit
        if unit.status == Unit.QUARANTINED:
            return rights["may_receive"] and unit.lot.status != CartridgeLot.Status.FROZEN
        return rights["may_waste"] and unit.status == Unit.IN_STOCK


class ShowUnit(UnitDoor):
    """Where one unit came from and what became of it."""

    def get(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show()


class WasteUnit(UnitDoor):
    """A unit in stock is wasted, with its reason."""

    may = (Permission.WASTE_STOCK,)
    http_method_names = ["post"]
    form_class = WasteUnitForm

    def post(self, request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        unit = self.unit
        form = WasteUnitForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=form.status)
        return attempt(
            request,
            form,
            lambda: operations.waste_unit(
                cartridge=unit, **form.values, **acting(request), once=form.key
            ),
            done=self.wasted,
            refused=lambda _no: self.refused(form),
        )

    def wasted(self, unit: Cartridge) -> HttpResponse:
        """On to the unit's page, which shows that it is gone."""
        messages.success(
            self.request, f"{unit.unit_code} is wasted. Put it into the sharps container."
        )
        return go(self.request, reverse("cartridge", args=[unit.pk]))

    def refused(self, form: WasteUnitForm) -> HttpResponse:
        """The unit's page as it stands now, with the refusal in its form."""
        del self.unit
        return self.show(form, status=form.status)
