"""The audit log: who did, saw or was refused what, and when."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode

from clinic import operations
from clinic.forms.audit_log import SYSTEM_LOG, AuditFilter
from clinic.models import Clinic
from clinic.permissions import Permission
from clinic.queries import audit_log as queries
from clinic.views.doors import Door, acting, csv_download


class _Filtered(Door):
    """What both the page and the file read from the address."""

    may = (Permission.SEE_AUDIT,)

    @property
    def clinic(self) -> Clinic:
        return self.request.clinic  # type: ignore[attr-defined]

    def reads_charts(self) -> bool:
        """Whether the person may read charts that are not their own."""
        may = (Permission.SEE_ALL_CHARTS, Permission.SEE_SIGNED_CHARTS)
        return any(self.request.user.can(one, self.clinic.pk) for one in may)  # type: ignore[union-attr]

    def filter(self) -> AuditFilter:
        """The filters as asked for; another log than the clinic's only for whoever may."""
        may_see_system = self.request.user.can(Permission.SEE_SYSTEM_AUDIT, self.clinic.pk)  # type: ignore[union-attr]
        system = may_see_system and self.request.GET.get("log") == SYSTEM_LOG
        offered = queries.choices(queries.Search(self.clinic, system=system))
        return AuditFilter(
            self.request.GET,
            clinic_name=self.clinic.name,
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
            charts=self.reads_charts(),
            who=given["who"],
            what=given["what"],
            outcome=given["outcome"],
            since=given["since"],
            until=given["until"],
            before=given["before"],
            after=given["after"],
        )


class AuditLog(_Filtered):
    """One page of the log. A search is audited when it is made, not when its pages are turned."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = self.filter()
        if not form.is_valid():
            return render(request, "clinic/audit.html", {"form": form, "found": None}, status=422)
        search = self.search(form)
        if search.before is None and search.after is None:
            operations.search_audit(clinic=self.clinic, filters=search.filters, **acting(request))
        found = queries.find(search)
        context = {
            "form": form,
            "found": found,
            "filtered": bool(set(search.filters) - {"log"}),
            "query": urlencode(search.filters),
        }
        return render(request, "clinic/audit.html", context)


class AuditExport(_Filtered):
    """The rows of a search as a file; one audit entry per file."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = self.filter()
        if not form.is_valid():
            return render(request, "clinic/audit.html", {"form": form, "found": None}, status=422)
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
