"""The cartridge audit: one sentence, one number, what is out of line, and every figure's rows."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from clinic.models import Clinic
from clinic.permissions import Permission
from clinic.rules import say_days
from clinic.views.doors import Door, StaffRequest, acting, csv_download
from treatments import operations
from treatments.forms.period import PeriodForm, quick_periods
from treatments.models import CartridgeLot
from treatments.queries import balance as queries
from treatments.queries import ledger
from treatments.queries import stock as lots
from treatments.queries.balance import Period
from treatments.rules.weeks import HEIGHT, WIDTH, buckets, drawn
from treatments.views.figures import (
    COLUMNS,
    cells,
    exceptions,
    rows_query,
    rows_url,
)

PER_PAGE = 100


class BalanceDoor(Door):
    """A page of the audit; the period stands in the address."""

    may = (Permission.SEE_CARTRIDGE_AUDIT,)

    @property
    def clinic(self) -> Clinic:
        return self.request.clinic

    @property
    def today(self) -> dt.date:
        return self.clinic.day_of(timezone.now())

    def form(self) -> PeriodForm:
        """The period as it was asked for."""
        return PeriodForm(self.request.GET, today=self.today)

    def period(self, form: PeriodForm) -> Period:
        """The period of a valid form."""
        return Period(self.clinic, form.cleaned_data["from"], form.cleaned_data["to"])


class CartridgeAudit(BalanceDoor):
    """The page that opens with one sentence and one number."""

    def get(self, request: StaffRequest) -> HttpResponse:
        form = self.form()
        quick = quick_periods(self.today)
        context: dict[str, Any] = {"form": form, "quick": quick}
        if not form.is_valid():
            return render(request, "treatments/balance.html", context, status=422)
        period = self.period(form)
        found = queries.balance(period, today=self.today)
        spans = buckets(
            queries.used_and_wasted_by_day(period), first=period.first, last=period.last
        )
        bars, labels = drawn(spans)
        context |= {
            "period": period,
            "says": say_days(period.first, period.last),
            "is_over": period.last < self.today,
            "balance": found,
            "exceptions": exceptions(found),
            "columns": COLUMNS,
            "lines": [
                {"lot": line.lot, "cells": cells(line.account, period, line.lot)}
                for line in found.lines
            ],
            "total": cells(found.total, period, None),
            "totals": {kind: rows_url(period, kind) for _group, kind, _head in COLUMNS}
            | {"completed": rows_url(period, "completed")},
            "buckets": spans,
            "chart": {"bars": bars, "labels": labels, "width": WIDTH, "height": HEIGHT},
            "made_at": timezone.now(),
        }
        return render(request, "treatments/balance.html", context)


class CartridgeAuditExport(BalanceDoor):
    """The balance table as a file; one audit entry per file."""

    def get(self, request: StaffRequest) -> HttpResponseBase:
        form = self.form()
        if not form.is_valid():
            context = {"form": form, "quick": quick_periods(self.today)}
            return render(request, "treatments/balance.html", context, status=422)
        period = self.period(form)
        operations.export_balance(
            clinic=self.clinic, first=period.first, last=period.last, **acting(request)
        )
        found = queries.balance(period, today=self.today)
        heads = ["Product", "Maker", "Lot", "Expires"]
        heads += [f"{group}: {head}".lstrip(": ") for group, _kind, head in COLUMNS]
        return csv_download(
            f"cartridges-{self.clinic.code}-{period.first}-{period.last}",
            [head.replace("\u00ad", "") for head in heads],
            (
                [
                    line.lot.product.name,
                    line.lot.product.maker,
                    line.lot.lot,
                    line.lot.expires_on.isoformat(),
                    *(getattr(line.account, kind) for _group, kind, _head in COLUMNS),
                ]
                for line in found.lines
            ),
        )


class RowsDoor(BalanceDoor):
    """The rows behind one figure, of one lot or of all."""

    def asked(self) -> tuple[PeriodForm, str, CartridgeLot | None]:
        """Period, figure and lot; 404 for a figure or lot that there is not."""
        kind = self.request.GET.get("kind", "")
        if kind not in ledger.TITLES:
            raise Http404
        key = self.request.GET.get("lot", "")
        return self.form(), kind, self._lot(key) if key else None

    def _lot(self, key: str) -> CartridgeLot:
        user = self.request.user
        try:
            found = lots.lot_here(user=user, clinic=self.clinic, key=uuid.UUID(key))
        except ValueError:
            found = None
        if found is None:
            raise Http404
        return found


class CartridgeAuditRows(RowsDoor):
    """The rows, a page at a time; each leads to its unit and its visit."""

    def get(self, request: StaffRequest) -> HttpResponse:
        form, kind, lot = self.asked()
        context: dict[str, Any] = {"form": form, "kind": kind, "lot": lot}
        context |= {"title": ledger.TITLES[kind]}
        if not form.is_valid():
            return render(request, "treatments/balance_rows.html", context, status=422)
        period = self.period(form)
        rows = ledger.rows_of(period, kind, lot=lot, today=self.today)
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        user = request.user
        context |= {
            "period": period,
            "says": say_days(period.first, period.last),
            "page": page,
            "lines": ledger.lines_of(page.object_list, kind, user=user, clinic=self.clinic),
            "query": rows_query(period, kind, lot),
            "of_period": kind not in ("difference", "expired", "left_open"),
            "treatments": kind in ledger.TREATMENTS,
        }
        return render(request, "treatments/balance_rows.html", context)


class CartridgeAuditRowsExport(RowsDoor):
    """The rows as a file; one audit entry per file."""

    def get(self, request: StaffRequest) -> HttpResponseBase:
        form, kind, lot = self.asked()
        if not form.is_valid():
            context = {"form": form, "kind": kind, "lot": lot, "title": ledger.TITLES[kind]}
            return render(request, "treatments/balance_rows.html", context, status=422)
        period = self.period(form)
        operations.export_balance(
            clinic=self.clinic,
            first=period.first,
            last=period.last,
            rows=kind,
            lot=lot.lot if lot else "",
            **acting(request),
        )
        user = request.user
        rows = ledger.rows_of(period, kind, lot=lot, today=self.today)
        zone = self.clinic.zone
        return csv_download(
            f"cartridges-{self.clinic.code}-{kind}-{period.first}-{period.last}",
            ("When", "What", "Unit", "Lot", "Expires", "Treatment", "By", "Reason"),
            (
                (
                    line.at.astimezone(zone).isoformat(timespec="seconds") if line.at else "",
                    line.what,
                    line.unit,
                    line.lot,
                    line.expires_on.isoformat() if line.expires_on else "",
                    line.treatment,
                    line.by,
                    line.reason,
                )
                for line in ledger.each_line(rows, kind, user=user, clinic=self.clinic)
            ),
        )
