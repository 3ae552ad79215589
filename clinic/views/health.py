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
    """200 when pages can be served, else 503 and why."""
    found = health.problems(timezone.now())
    answer = {"status": "not ready" if found else "ready", "problems": found}
    return JsonResponse(answer, status=503 if found else 200)
