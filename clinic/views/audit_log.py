"""The audit log: who did, saw or was refused what, and when."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode

from clinic import operations, sitemap
from clinic.forms.audit_log import SYSTEM_LOG, AuditFilter
from clinic.models import Clinic
from clinic.permissions import Permission
from clinic.queries import audit_log as queries
from clinic.views.doors import Door, StaffRequest, acting, csv_download

DAYS = ("since", "until")
# What only a link of the page itself gives: which log, and where its pages start.
BY_LINK = {"log", "before", "after"}
# The session's mark of the search noted last.
NOTED = "audit_search"
# The page of what an event is about, and what opening it needs. A page knows the doors upstairs
# by their names; tests hold this table to what those doors ask for.
ABOUT = {
    "appointment": "appointment",
    "cartridge": "cartridge",
    "cartridgelot": "cartridge-lot",
    "license": "license",
    "patient": "patient",
    "treatment": "treatment",
}
MAY_OPEN: dict[str, tuple[Permission, ...]] = {
    "appointment": (Permission.SEE_DAY,),
    "cartridge": (Permission.SEE_STOCK,),
    "cartridgelot": (Permission.SEE_STOCK,),
    "license": (Permission.SEE_LICENSES,),
    "patient": (Permission.SEE_PATIENTS,),
    "treatment": (Permission.SEE_ALL_CHARTS,),
}


class _Filtered(Door):
    """What both the page and the file read from the address."""

    may = (Permission.SEE_AUDIT,)

    @property
    def clinic(self) -> Clinic:
        return self.request.clinic

    def reads_charts(self) -> bool:
        """Whether the person may read charts that are not their own."""
        may = (Permission.SEE_ALL_CHARTS, Permission.SEE_SIGNED_CHARTS)
        return any(self.request.user.can(one, self.clinic.pk) for one in may)

    def filter(self) -> AuditFilter:
        """The filters as asked for; another log than the clinic's only for whoever may."""
        may_see_system = self.request.user.can(Permission.SEE_SYSTEM_AUDIT, self.clinic.pk)
        system = may_see_system and self.request.GET.get("log") == SYSTEM_LOG
        offered = queries.choices(
            queries.Search(self.clinic, system=system, reader=self.request.user)
        )
        return AuditFilter(
            self.request.GET,
            clinic=self.clinic,
            may_see_system=may_see_system,
            people=offered.people,
            actions=offered.actions,
        )

    def search(self, form: AuditFilter) -> queries.Search:
        """The search that a valid form asks for."""
        given = form.cleaned_data
        return queries.Search(
            self.clinic,
            system=given["log"] == SYSTEM_LOG,
            reader=self.request.user,
            charts=self.reads_charts(),
            who=given["who"],
            what=given["what"],
            outcome=given["outcome"],
            about=given["about"],
            since=given["since"],
            until=given["until"],
            pages={place.name: place.label for place in sitemap.PLACES},
            before=given["before"],
            after=given["after"],
        )

    def faulty(self, form: AuditFilter) -> HttpResponse:
        """The page with a filter that cannot be read, and nothing found; 404 where what cannot
        be read stands in no field, but in a link that is none of ours."""
        if BY_LINK & set(form.errors):
            raise Http404
        system = form["log"].value() == SYSTEM_LOG
        context = {"form": form, "found": None, "logs": self.logs(form), "system": system}
        return render(self.request, "clinic/audit.html", context, status=422)

    def logs(self, form: AuditFilter, search: queries.Search | None = None) -> list[dict[str, Any]]:
        """The logs that the reader may open, each with its address: the days asked for stay."""
        kept = {name: search.filters.get(name) for name in DAYS} if search else {}
        at = form["log"].value() or ""
        return [
            {
                "label": label,
                "current": name == at,
                "query": urlencode({k: v for k, v in {"log": name, **kept}.items() if v}),
            }
            for name, label in form.fields["log"].choices  # type: ignore[attr-defined]
        ]

    def addresses(self, found: queries.Found) -> dict[tuple[str, str], str]:
        """Where the reader may look at what an entry is about: kind and key to an address."""
        ways: dict[tuple[str, str], str] = {}
        for one in found.entries:
            # A row that was tampered with may name no record: it is shown, and leads nowhere.
            with suppress(NoReverseMatch):
                if one.kind in ABOUT and self.opens(one):
                    ways[one.kind, one.key] = reverse(ABOUT[one.kind], args=[one.key])
        return ways

    def opens(self, entry: queries.Entry) -> bool:
        """Whether the reader may open the page of what an entry is about."""
        may = MAY_OPEN[entry.kind]
        if entry.kind == queries.CHARTS and entry.signed:
            may = (*may, Permission.SEE_SIGNED_CHARTS)
        return any(self.request.user.can(one, self.clinic.pk) for one in may)


class AuditLog(_Filtered):
    """One page of the log. A search is audited when it is made, not when its pages are turned."""

    def note(self, search: queries.Search) -> None:
        """Note the search before anything of it is shown (P22).

        A page further on belongs to the search that this session noted last, and to no other:
        an address may name any page of any search.
        """
        this = f"{self.clinic.pk} {urlencode(search.filters)}"
        first = search.before is None and search.after is None
        another = self.request.session.get(NOTED) != this
        if first or another:
            operations.search_audit(
                clinic=self.clinic, filters=search.filters, **acting(self.request)
            )
        if another:
            self.request.session[NOTED] = this

    def get(self, request: StaffRequest) -> HttpResponse:
        form = self.filter()
        if not form.is_valid():
            return self.faulty(form)
        search = self.search(form)
        self.note(search)
        found = queries.find(search)
        addresses = self.addresses(found)
        context = {
            "form": form,
            "found": found,
            "lines": [(one, addresses.get((one.kind, one.key), "")) for one in found.entries],
            "logs": self.logs(form, search),
            "system": search.system,
            "filtered": bool(set(search.filters) - {"log"}),
            "query": urlencode(search.filters),
        }
        return render(request, "clinic/audit.html", context)


class AuditExport(_Filtered):
    """The rows of a search as a file; one audit entry per file."""

    def get(self, request: StaffRequest) -> HttpResponseBase:
        form = self.filter()
        if not form.is_valid():
            return self.faulty(form)
        search = self.search(form)
        operations.export_audit(clinic=self.clinic, filters=search.filters, **acting(request))
        zone = self.clinic.zone
        rows = (
            (
                entry.at.astimezone(zone).isoformat(timespec="seconds"),
                entry.who,
                entry.what,
                entry.action,
                "refused" if entry.refused else "done",
                entry.about,
                entry.rule,
                entry.told,
                entry.seq,
            )
            for entry in queries.every(search)
        )
        heads = ("When", "Who", "What", "Action", "Outcome", "About", "Rule", "Detail", "Number")
        day = self.clinic.day_of(timezone.now())
        return csv_download(f"audit-{self.clinic.code}-{day}", heads, rows)
