"""Every address of the product; the rooms upstairs are included by name."""

from __future__ import annotations

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path, re_path

from clinic.views import (
    audit_log,
    clinics,
    drafts,
    errors,
    first_start,
    gallery,
    guide,
    health,
    invitation,
    licenses,
    patients,
    policies,
    proving,
    security,
    session,
    site_map,
    tokens,
    users,
)

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error

# Of the log-in library only what staff need: accounts are made by an administrator, so
# sign-up and the pages for email addresses stay closed.
account_pages = [
    path("login/", session.log_in, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("second-factor/", proving.LogInStep.as_view(), name="mfa_authenticate"),
    path("reauthenticate/", proving.Confirm.as_view(), name="account_reauthenticate"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path(
        "password/reset/done/",
        allauth.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

own_pages = [
    path("tokens/", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/make/", tokens.MakeToken.as_view(), name="token-make"),
    path("tokens/<uuid:pk>/revoke/", tokens.RevokeToken.as_view(), name="token-revoke"),
    path("security/", security.Security.as_view(), name="security"),
    path("security/app/", security.App.as_view(), name="security-app"),
    path("security/app/off/", security.AppOff.as_view(), name="security-app-off"),
    path("security/codes/", security.Codes.as_view(), name="security-codes"),
    path("security/codes/file/", security.CodesFile.as_view(), name="security-codes-file"),
    path("security/codes/new/", security.NewCodes.as_view(), name="security-codes-new"),
    path("security/passkeys/add/", security.AddPasskey.as_view(), name="security-passkey-add"),
    path("security/passkeys/<int:pk>/", security.Passkey.as_view(), name="security-passkey"),
    path(
        "security/passkeys/<int:pk>/remove/",
        security.RemovePasskey.as_view(),
        name="security-passkey-remove",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", login_not_required(health.healthz), name="healthz"),
    path("readyz", login_not_required(health.readyz), name="readyz"),
    path("accounts/", include(account_pages)),
    path("account/", include(own_pages)),
    path(
        "setup/first/",
        login_not_required(first_start.FirstStart.as_view()),
        name="first-start",
    ),
    path("lock/", session.Lock.as_view(), name="lock"),
    path("draft/", drafts.DraftOf.as_view(), name="draft"),
    path("switch-clinic/", session.SwitchClinic.as_view(), name="switch-clinic"),
    path("guide/", guide.Guide.as_view(), name="guide"),
    path("site-map/", site_map.SiteMap.as_view(), name="site-map"),
    path("licenses/", licenses.Licenses.as_view(), name="licenses"),
    path("licenses/add/", licenses.AddLicense.as_view(), name="license-add"),
    path("licenses/<uuid:pk>/", licenses.ShowLicense.as_view(), name="license"),
    path("licenses/<uuid:pk>/renew/", licenses.RenewLicense.as_view(), name="license-renew"),
    path(
        "invitation/<str:key>/",
        login_not_required(invitation.OpenInvitation.as_view()),
        name="invitation",
    ),
    path(
        "invitation/",
        login_not_required(invitation.AcceptInvitation.as_view()),
        name="invitation-accept",
    ),
    path("setup/users/", users.Users.as_view(), name="setup-users"),
    path("setup/users/add/", users.InviteUser.as_view(), name="setup-user-add"),
    path("setup/users/<uuid:pk>/", users.ChangeUser.as_view(), name="setup-user"),
    path("setup/users/<uuid:pk>/invite/", users.InviteAgain.as_view(), name="setup-user-invite"),
    path(
        "setup/users/<uuid:pk>/withdraw/",
        users.WithdrawInvitation.as_view(),
        name="setup-user-withdraw",
    ),
    path("setup/users/<uuid:pk>/reset/", users.SendReset.as_view(), name="setup-user-reset"),
    path(
        "setup/users/<uuid:pk>/end-sessions/",
        users.EndSessions.as_view(),
        name="setup-user-end-sessions",
    ),
    path(
        "setup/users/<uuid:pk>/reset-second-factor/",
        users.ResetSecondFactor.as_view(),
        name="setup-user-reset-second-factor",
    ),
    path("setup/security/", policies.LogInPolicy.as_view(), name="setup-security"),
    path("patients/", patients.Patients.as_view(), name="patients"),
    path("patients/find/", patients.PatientFinder.as_view(), name="patient-finder"),
    path("patients/register/", patients.RegisterPatient.as_view(), name="patient-register"),
    path("patients/<uuid:pk>/edit/", patients.EditPatient.as_view(), name="patient-edit"),
    path("setup/clinic/", clinics.ChangeClinic.as_view(), name="setup-clinic"),
    path("setup/reminders/", clinics.Reminders.as_view(), name="setup-reminders"),
    path("setup/clinics/", clinics.Clinics.as_view(), name="setup-clinics"),
    path("setup/clinics/add/", clinics.AddClinic.as_view(), name="setup-clinic-add"),
    path("audit/", audit_log.AuditLog.as_view(), name="audit"),
    path("audit/export/", audit_log.AuditExport.as_view(), name="audit-export"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("", include("bookings.urls")),
    path("", include("treatments.urls")),
]
