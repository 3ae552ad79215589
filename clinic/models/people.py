"""Who works here: users, their roles in each clinic, and practitioners."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import constant_time_compare, salted_hmac

from clinic.constraints import Guard, bounded, check, never_deleted, together
from clinic.models.base import Record, Row, ScopedQuerySet
from clinic.models.places import Clinic
from clinic.permissions import MAY, Permission, Role
from clinic.prepared import prepared

LAST_ADMINISTRATOR = "The last administrator stays: nobody else could let anyone in."
# The name of the lock under which administrators come and go.
ADMINISTRATORS = "administrators"


class UserManager(BaseUserManager["User"]):
    """Finds users by email, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def held(self) -> models.QuerySet[User]:
        """Locked until the transaction ends, in key order."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

    def kept_by(self, keeper: User) -> models.QuerySet[User]:
        """Whoever holds a role in a clinic whose users the keeper keeps, or none anywhere: an
        account that belongs to nobody must be found by someone."""
        return self.of_clinics(keeper.clinics_with(Permission.KEEP_USERS))

    def of_clinics(self, clinics: list[uuid.UUID]) -> models.QuerySet[User]:
        """Whoever holds a role in one of the clinics, or none anywhere; nobody without a clinic."""
        mine = RoleAssignment.objects.filter(clinic__in=clinics)
        if not clinics:
            return self.none()
        return self.filter(
            Q(pk__in=mine.order_by().values("user"))
            | ~Q(pk__in=RoleAssignment.objects.order_by().values("user"))
        ).order_by("name", "pk")


class User(AbstractBaseUser, Record):
    """A person who logs in, with an email address. Rights come from role assignments alone."""

    email = models.EmailField(max_length=120, unique=True)
    name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    # Counted up to end all sessions of the account at its next request.
    session_round = models.PositiveIntegerField(default=0, editable=False)
    # How this person last looked at each clinic's board; read along with the user.
    board = models.JSONField(default=dict, blank=True, editable=False)
    # Of the link to a new password, on the row that made it and nowhere else.
    reset_key = ""
    # How she stands with second factors, where that was read with her (`who_asks`).
    wanted: Any = None

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message="Another account has this email address.",
            )
        ]

    guards = [
        Guard(
            "user_last_administrator",
            ("UPDATE",),
            "OLD.is_active AND NOT NEW.is_active AND EXISTS (SELECT 1 FROM clinic_roleassignment r"
            " WHERE r.user_id = OLD.id AND r.role = 'administrator') AND NOT EXISTS ("
            "SELECT 1 FROM clinic_roleassignment r JOIN clinic_user u ON u.id = r.user_id"
            " WHERE r.role = 'administrator' AND u.is_active AND u.id <> OLD.id)",
            LAST_ADMINISTRATOR,
            lock=ADMINISTRATORS,
            lock_when="OLD.is_active AND NOT NEW.is_active",
        ),
    ]

    def __str__(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        # Django asks this for the session's hash, with today's key and with older ones.
        known: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        return salted_hmac("session round", f"{known} {self.session_round}").hexdigest()

    def prove(self, password: str) -> None:
        """Note that this is the password of the account as it is now.

        Hashing takes a tenth of a second on purpose; an act asks again inside its transaction.
        """
        self._proved = self._proof(password)

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the user's password."""
        proved = getattr(self, "_proved", "")
        if proved and raw_password and constant_time_compare(proved, self._proof(raw_password)):
            return True
        return super().check_password(raw_password)

    def _proof(self, password: str) -> str:
        return salted_hmac("proved password", f"{self.password} {password}").hexdigest()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the user may do `perm` in the clinic `obj` (None: in any clinic).

        For libraries that ask as Django does; what is no permission of ours nobody holds.
        """
        if perm not in set(Permission):
            return False
        if obj is None:
            return bool(self.clinics_with(Permission(perm)))
        return self.can(Permission(perm), obj.pk)

    @cached_property
    def assigned(self) -> list[RoleAssignment]:
        """The user's roles, each with its clinic; read once per request, if not with the user."""
        return _assigned_to(user=self.pk)

    @cached_property
    def grants(self) -> dict[uuid.UUID, frozenset[Role]]:
        """Clinic → the roles this user holds there; read once per request."""
        found: dict[uuid.UUID, set[Role]] = {}
        for one in self.assigned:
            found.setdefault(one.clinic_id, set()).add(Role(one.role))
        return {clinic_id: frozenset(roles) for clinic_id, roles in found.items()}

    @property
    def places(self) -> list[Clinic]:
        """The clinics in use in which the user holds a role, in name order."""
        found = {one.clinic_id: one.clinic for one in self.assigned if one.clinic.is_active}
        return list(found.values())

    @property
    def idle_min(self) -> int | None:
        """After how many minutes a screen of hers locks: the strictest of her clinics."""
        return min((clinic.idle_min for clinic in self.places), default=None)

    def can(self, permission: Permission, clinic_id: uuid.UUID | None) -> bool:
        """Whether one of the user's roles in that clinic carries the permission."""
        if not self.is_active or clinic_id is None:
            return False
        return any(permission in MAY[role] for role in self.grants.get(clinic_id, ()))

    def clinics_with(self, permission: Permission) -> list[uuid.UUID]:
        """The keys of the clinics in which the user holds the permission."""
        return [clinic_id for clinic_id in self.grants if self.can(permission, clinic_id)]

    def roles_in(self, clinic: Clinic | None) -> frozenset[Role]:
        """The user's roles in a clinic."""
        return self.grants.get(clinic.pk, frozenset()) if clinic else frozenset()


class RoleAssignment(Row):
    """One role of one user in one clinic."""

    user = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=14, choices=Role)

    class Meta:
        ordering = ["clinic", "role", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "clinic", "role"],
                name="role_once_per_user_and_clinic",
                violation_error_message="The user has this role in this clinic.",
            ),
            check("role_known", Q(role__in=[*Role.values]), "Use a known role."),
        ]

    guards = [
        Guard(
            "role_last_administrator",
            ("UPDATE", "DELETE"),
            "OLD.role = 'administrator' AND EXISTS (SELECT 1 FROM clinic_user u"
            " WHERE u.id = OLD.user_id AND u.is_active) AND NOT EXISTS ("
            "SELECT 1 FROM clinic_roleassignment r JOIN clinic_user u ON u.id = r.user_id"
            " WHERE r.role = 'administrator' AND u.is_active AND r.id <> OLD.id)",
            LAST_ADMINISTRATOR,
            lock=ADMINISTRATORS,
            lock_when="OLD.role = 'administrator'",
        ),
        Guard("role_never_emptied", ("TRUNCATE",), "1 = 1", LAST_ADMINISTRATOR),
    ]

    def __str__(self) -> str:
        return self.get_role_display()


@prepared
def _assigned_to(*, user: Any) -> models.QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(user=user).select_related("clinic")


class Invitation(Row):
    """A link by which a new account's owner chooses her password: once, in time, by her alone.

    Of the link's secret only a digest is kept. A new invitation withdraws those before it.
    `mailed`: the mail server has taken the message with the link.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="invitations")
    digest = models.CharField(max_length=64, editable=False)
    # The link's own part, on the row that made it and nowhere else.
    secret = ""
    mailed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                name="invitation_digest_once",
                violation_error_message="This link is taken.",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once_per_user",
                violation_error_message="This person has an open invitation.",
            ),
            check(
                "invitation_ends_one_way",
                Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                "An invitation is accepted or withdrawn, not both.",
            ),
            check(
                "invitation_lasts",
                Q(expires_at__gt=F("created_at")),
                "An invitation ends after it was made.",
            ),
            together("invitation_withdrawn_by", "withdrawn_at", "withdrawn_by"),
            bounded(
                "invitation_dates_bounded",
                instants=["created_at", "expires_at", "accepted_at", "withdrawn_at"],
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class PractitionerQuerySet(ScopedQuerySet):
    clinic_path = "clinics"

    def working_in(self, clinic: Clinic) -> PractitionerQuerySet:
        """Active practitioners of a clinic, in name order."""
        return self.filter(clinics=clinic, is_active=True).order_by("name", "pk")


class Practitioner(Record):
    """A person who treats: one lane in time across all clinics she works in."""

    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=80)
    credential = models.CharField(max_length=20)
    npi = models.CharField(max_length=10, blank=True)
    clinics = models.ManyToManyField(Clinic, related_name="practitioners")
    is_active = models.BooleanField(default=True)

    objects = PractitionerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["npi"],
                condition=~Q(npi=""),
                name="practitioner_npi_once",
                violation_error_message="Another practitioner has this NPI.",
            )
        ]

    # Whose chart it is, is asked of the practitioner's account: another one would take her
    # records from her, and give them to someone else.
    guards = [
        *never_deleted(
            "clinic_practitioner",
            "A practitioner on file is never deleted.",
            keys=[("id",), ("user_id",)],
            taken="This account belongs to a practitioner on file.",
        ),
        Guard(
            "practitioner_keeps_her_account",
            ("UPDATE",),
            "OLD.user_id IS NOT NULL AND (NEW.user_id IS NULL OR NEW.user_id <> OLD.user_id)",
            "A practitioner keeps their account.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.name} {self.credential}".strip()
