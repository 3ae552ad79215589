"""For the machines that watch: is the process alive, is the house ready."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import health


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive; asks nothing of the database."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when pages can be served, else 503 and why; and how old the last proven backup is."""
    now = timezone.now()
    found = health.problems(now)
    answer = {
        "status": "not ready" if found else "ready",
        "problems": found,
        "proven_backup": health.proven_backup(now),
    }
    return JsonResponse(answer, status=503 if found else 200)
