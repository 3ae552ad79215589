"""Every part of the face in every state, on one page; reachable only while DEBUG is on."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

STATUSES = {
    "Appointment": "booked confirmed arrived numbing ready in_treatment completed ended_early "
    "no_show cancelled",
    "Treatment": "open numbing in_progress unsigned aborted signed",
    "Cartridge": "in_stock opened used wasted quarantined in_transit returned destroyed lost",
    "License": "active pending expiring probation restricted expired inactive suspended revoked",
    "Screening": "cleared needs_review postponed incomplete blocked",
}


class SampleForm(forms.Form):
    """One field of each kind."""

    patient = forms.CharField(help_text="Name, phone or birth date.")
    service = forms.ChoiceField(choices=[("30", "Face, 30 minutes"), ("45", "Face, 45 minutes")])
    date = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    end_point = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[("e", "Even redness"), ("p", "Pinpoint bleeding"), ("n", "None")],
    )
    depth = forms.DecimalField(
        min_value=0,
        max_value=Decimal("2.50"),
        step_size=Decimal("0.25"),
        help_text="In steps of 0.25 mm.",
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "decimal"}),
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    reached = forms.BooleanField(label="Cream taken off completely")


def _badges() -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "states": [(s, s.replace("_", " ").capitalize()) for s in words.split()],
        }
        for kind, words in STATUSES.items()
    ]


def _clocks(at: datetime) -> list[dict[str, Any]]:
    clocks = []
    for minutes, state, who in (
        (12, "on", "Okafor, R2"),
        (27, "due", "Lee, R1"),
        (64, "over", "Ruiz, R3"),
    ):
        since = at - timedelta(minutes=minutes)
        clocks.append(
            {
                "since": since,
                "due": since + timedelta(minutes=25),
                "latest": since + timedelta(minutes=60),
                "minutes": minutes,
                "of": 25,
                "state": state,
                "who": who,
                "url": "#clock",
            }
        )
    return clocks


def _chart() -> dict[str, Any]:
    bars = []
    for index, (label, value) in enumerate(
        [("Oct 27", 44), ("Nov 3", 51), ("Nov 10", 58), ("Nov 17", 61)]
    ):
        x, height = 20 + index * 110, value * 2
        bars.append(
            {
                "x": x,
                "y": 150 - height,
                "width": 70,
                "height": height,
                "kind": 1,
                "value": value,
                "label": label,
                "value_x": x + 35,
                "value_y": 144 - height,
                "label_x": x + 35,
                "label_y": 168,
            }
        )
    return {"label": "Treatments per week", "width": 460, "height": 176, "bars": bars}


def _balance() -> dict[str, Any]:
    heads = [
        "Lot",
        "Received",
        "Used",
        "Wasted",
        "Returned",
        "Destroyed",
        "Lost",
        "On hand",
        "Difference",
    ]
    figures = [
        ("LOT42A", (120, 98, 2, 0, 0, 0, 20, 0)),
        ("B7781", (120, 116, 1, 0, 0, 0, 3, 0)),
        ("Together", (240, 214, 3, 0, 0, 0, 23, 0)),
    ]
    rows = [
        {
            "total": lot == "Together",
            "cells": [{"text": lot}]
            + [{"text": n, "num": True, "url": "#rows" if n else ""} for n in numbers],
        }
        for lot, numbers in figures
    ]
    return {
        "columns": [{"label": head, "num": index > 0} for index, head in enumerate(heads)],
        "rows": rows,
    }


def _board() -> list[dict[str, Any]]:
    """Four quarter hours of two practitioners, as the day board writes them."""
    return [
        {"label": "9:00 AM", "hour": True, "late": False},
        {"label": "9:15", "hour": False, "late": False},
        {"label": "9:30", "hour": False, "late": True},
        {"label": "9:45", "hour": False, "late": False},
    ]


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """The gallery; 404 unless DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    at = timezone.now()
    bad = SampleForm({"service": "30", "depth": "0.3"})
    context = {
        "badges": _badges(),
        "clocks": _clocks(at),
        "chart": _chart(),
        "balance": _balance(),
        "board": _board(),
        "form": SampleForm(initial={"depth": "0.50", "end_point": "e"}),
        "bad_form": bad,
        "stale_form": {"no": {"rule": "P12"}},
        "touched": [{"says": "Tue, Nov 24, 9:30 AM: Mia Lee with Ana Ruiz LE"}],
        "differences": [{"label": "Name", "on_file": "Blue room", "typed": "Red room"}],
        "page": Paginator(range(120), 50).page(2),
        "refusal": {
            "number": "R47",
            "sentence": "Ana Ruiz is busy from 9:30 to 10:15.",
            "way_out": "These times are free:",
        },
        "choices": [
            {"label": "Tue, Nov 24, 10:15 AM", "note": "Ana Ruiz RN · Room 1", "url": "#time"},
            {"label": "Tue, Nov 24, 9:30 AM", "note": "B. Chen NP · Room 2", "url": "#time"},
            {"label": "Wed, Nov 25, 9:00 AM", "note": "Ana Ruiz RN · Room 1", "url": "#time"},
        ],
        "verdicts": [
            {
                "status": "accepted",
                "word": "Unit C-000123 is ready",
                "why": "In stock here and in date. Open it for Mia Lee.",
                "facts": [
                    {"label": "Unit", "text": "C-000123"},
                    {"label": "Lot", "text": "LOT42A"},
                    {"label": "Expires", "text": "Jun 30, 2028"},
                ],
            },
            {
                "status": "ask",
                "word": "Which unit is it?",
                "why": "20 units of this lot are in stock. Scan the unit code on the pouch.",
                "facts": [{"label": "Lot", "text": "LOT42A"}],
            },
            {
                "status": "refused",
                "word": "Do not use this cartridge",
                "why": "It expired on Nov 22, 2026. Take another; a manager writes it off.",
                "facts": [
                    {"label": "Unit", "text": "C-000088"},
                    {"label": "Lot", "text": "B7781"},
                    {"label": "Expired", "text": "Nov 22, 2026"},
                ],
            },
        ],
        "steps": [
            {"label": "Arrive", "status": "done", "note": "9:58 AM", "url": "#arrive"},
            {"label": "Numb", "status": "current", "note": "12 of 25", "url": "#numb"},
            {"label": "Time-out", "status": "todo", "note": "", "url": ""},
            {"label": "Cartridge", "status": "todo", "note": "", "url": ""},
            {"label": "Passes", "status": "todo", "note": "", "url": ""},
            {"label": "Finish", "status": "todo", "note": "", "url": ""},
            {"label": "Sign", "status": "todo", "note": "", "url": ""},
        ],
        "entries": [
            {
                "at": at,
                "what": "Used in a treatment",
                "by": "Ana Ruiz RN",
                "note": "",
                "status": "used",
            },
            {
                "at": at,
                "what": "Opened",
                "by": "Ana Ruiz RN",
                "note": "Pouch whole",
                "status": "opened",
            },
            {
                "at": at,
                "what": "Received",
                "by": "M. Okoye",
                "note": "By scan",
                "status": "in_stock",
            },
        ],
        "patient": {"name": "Mia Lee", "born": "Mar 3, 1991", "code": "PT-000123"},
        "alerts": ["Latex: rash"],
        "earlier": "",
        "light": {"status": "cleared", "label": "Cleared"},
    }
    return render(request, "_parts/gallery.html", context)
