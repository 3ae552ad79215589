"""The treatment room's and the stock's addresses."""

from __future__ import annotations

from django.urls import URLPattern, path

from treatments.views import acts, chart, patients, room

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:pk>/", patients.ShowPatient.as_view(), name="patient"),
    path("treatments/", room.Treatments.as_view(), name="treatments"),
    path("treatments/open/<uuid:pk>/", room.OpenChart.as_view(), name="treatment-open"),
    path("treatments/<uuid:pk>/", chart.ShowChart.as_view(), name="treatment"),
    path("treatments/<uuid:pk>/numb/", acts.CreamOn.as_view(), name="treatment-numb"),
    path("treatments/<uuid:pk>/numb-off/", acts.CreamOff.as_view(), name="treatment-numb-off"),
    path("treatments/<uuid:pk>/numb-none/", acts.NoCream.as_view(), name="treatment-numb-none"),
    path("treatments/<uuid:pk>/start/", acts.Start.as_view(), name="treatment-start"),
    path("treatments/<uuid:pk>/scan/", acts.Scan.as_view(), name="treatment-scan"),
    path("treatments/<uuid:pk>/claim/", acts.OpenUnit.as_view(), name="treatment-claim"),
    path("treatments/<uuid:pk>/waste/", acts.Waste.as_view(), name="treatment-waste"),
    path("treatments/<uuid:pk>/pass/", acts.AddPass.as_view(), name="treatment-pass"),
    path(
        "treatments/<uuid:pk>/pass-remove/",
        acts.RemovePass.as_view(),
        name="treatment-pass-remove",
    ),
    path("treatments/<uuid:pk>/finish/", acts.Finish.as_view(), name="treatment-finish"),
    path("treatments/<uuid:pk>/abort/", acts.EndEarly.as_view(), name="treatment-abort"),
    path("treatments/<uuid:pk>/amend/", acts.Amend.as_view(), name="treatment-amend"),
    path("treatments/<uuid:pk>/sign/", acts.Sign.as_view(), name="treatment-sign"),
    path("treatments/<uuid:pk>/addendum/", acts.Add.as_view(), name="treatment-addendum"),
]
