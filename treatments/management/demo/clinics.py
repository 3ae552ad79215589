"""The demo's clinics: rooms, pens, services, and the people who work in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache

from django.contrib.auth.hashers import make_password

from bookings.models import Closure, Service, Shift
from clinic.models import (
    Clinic,
    Device,
    License,
    Organization,
    Patient,
    Practitioner,
    RoleAssignment,
    Room,
    User,
)
from clinic.models.places import all_week
from clinic.permissions import Role
from treatments.management.demo.catalog import Catalog
from treatments.management.demo.holidays import holidays_ahead

OPENS, CLOSES = 8, 20
# Every practitioner's licenses reach back further than the longest history.
LICENSED_DAYS = 4_400
ALL_WEEK = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True)
class Post:
    """One person at one clinic; `kind` and `number` are her license there, if she treats."""

    account: str
    name: str
    role: Role
    credential: str = ""
    kind: str = ""
    number: str = ""
    weekdays: tuple[int, ...] = ALL_WEEK
    license_days: int = 900


@dataclass(frozen=True)
class Plan:
    """A clinic as the demo describes it."""

    code: str
    name: str
    state: str
    time_zone: str
    area_code: str
    address: str
    rooms: int
    posts: tuple[Post, ...]


ADMIN = Post("admin", "Sam Patel", Role.ADMINISTRATOR)
AUDITOR = Post("auditor", "Iris Novak", Role.AUDITOR)
PLANS = (
    Plan(
        code="alamo-heights",
        name="Alamo Heights",
        state="TX",
        time_zone="America/Chicago",
        area_code="210",
        address="5120 Broadway, San Antonio, TX 78209",
        rooms=6,
        posts=(
            ADMIN,
            AUDITOR,
            Post("manager", "Maya Okonkwo", Role.MANAGER),
            Post("reception", "Rosa Álvarez", Role.RECEPTIONIST),
            # Works under the director's delegation, as Texas asks.
            Post("esthetician", "Ana Reyes", Role.ESTHETICIAN, "LE", "esthetician", "1204417"),
            Post("np", "Ben Trần", Role.ESTHETICIAN, "NP", "aprn_np", "AP128877"),
            Post("rn", "Ruth Delgado", Role.ESTHETICIAN, "RN", "rn", "823344", license_days=12),
            Post("director", "Amara Okafor", Role.DIRECTOR, "MD", "md", "R4417", (0, 1, 2, 3)),
        ),
    ),
    Plan(
        code="silver-lake",
        name="Silver Lake",
        state="CA",
        time_zone="America/Los_Angeles",
        area_code="213",
        address="2800 Sunset Blvd, Los Angeles, CA 90026",
        rooms=6,
        posts=(
            ADMIN,
            AUDITOR,
            Post("manager2", "Theo Marsh", Role.MANAGER),
            Post("reception2", "June Park", Role.RECEPTIONIST),
            # In California nobody needles with an esthetician's license; she is a nurse.
            Post("esthetician2", "Nora Kim", Role.ESTHETICIAN, "RN", "rn", "654321"),
            Post("np2", "Leilani Kahale", Role.ESTHETICIAN, "NP", "aprn_np", "95001234"),
            Post("pa2", "Luca Bianchi", Role.ESTHETICIAN, "PA", "pa", "PA51234"),
            Post("director", "Amara Okafor", Role.DIRECTOR, "MD", "md", "A112233", (4, 5, 6)),
        ),
    ),
)


@dataclass
class Site:
    """A clinic of the demo as it stands in the database."""

    clinic: Clinic
    catalog: Catalog
    manager: User
    reception: User
    practitioners: list[Practitioner]
    long: Service
    short: Service
    weekdays: dict[str, tuple[int, ...]]
    rooms: list[Room] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)

    def at_work(self, day: dt.date) -> list[Practitioner]:
        """Who works on that clinic-local date, in the order of the plan."""
        return [one for one in self.practitioners if day.weekday() in self.weekdays[one.credential]]


def build(plan: Plan, catalog: Catalog, *, password: str, today: dt.date, at: dt.datetime) -> None:
    """Write one clinic with its people; nobody has been there yet."""
    clinic = Clinic(
        code=plan.code,
        name=plan.name,
        state=plan.state,
        time_zone=plan.time_zone,
        phone=f"+1{plan.area_code}5550100",
        address=plan.address,
        hours=all_week(OPENS * 60, CLOSES * 60),
        hours_said=True,
    )
    clinic.write()
    for number in range(1, plan.rooms + 1):
        Room(clinic=clinic, name=f"Room {number}").write()
    for number in range(1, plan.rooms + 2):
        Device(
            clinic=clinic,
            model=catalog.model,
            code=f"P-{number}",
            serial=f"LP1-{plan.area_code}{number:03d}",
            status="in_service" if number <= plan.rooms else "repair",
        ).write()
    for name, minutes, numbing in (("Face 30", 30, 25), ("Face 45", 45, 30)):
        Service(
            clinic=clinic,
            code=f"face-{minutes}",
            name=name,
            treatment_min=minutes,
            numbing_min=numbing,
            clean_down_min=10,
        ).write()
    keeper = _user(next(post for post in plan.posts if post.role is Role.MANAGER), password)
    for day, name in holidays_ahead(today=today):
        Closure(
            clinic=clinic,
            name=name,
            first_on=day,
            last_on=day,
            is_holiday=True,
            created_at=at,
            created_by=keeper,
        ).write()
    for post in plan.posts:
        user = _user(post, password)
        RoleAssignment(user=user, clinic=clinic, role=post.role).write()
        if post.credential:
            _practitioner(post, user, clinic, keeper, today, at)


def organize(*, at: dt.datetime) -> None:
    """Write who runs the demo's clinics, where nobody does yet."""
    admin = User.objects.filter(email=_email(ADMIN.account)).first()
    if admin is not None and not Organization.objects.exists():
        Organization(name="Lumen Skin Clinics", created_at=at, created_by=admin).write()


def load(plan: Plan, catalog: Catalog) -> Site:
    """The clinic as it stands; its treating people in the order of the plan."""
    clinic = Clinic.objects.get(code=plan.code)
    treating = [post for post in plan.posts if post.credential]
    by_account = {
        one.user.email.partition("@")[0]: one
        for one in Practitioner.objects.filter(clinics=clinic).select_related("user")
        if one.user
    }
    staff = {post.role: post.account for post in plan.posts}
    return Site(
        clinic=clinic,
        catalog=catalog,
        manager=User.objects.get(email=_email(staff[Role.MANAGER])),
        reception=User.objects.get(email=_email(staff[Role.RECEPTIONIST])),
        practitioners=[by_account[post.account] for post in treating],
        long=Service.objects.get(clinic=clinic, code="face-45"),
        short=Service.objects.get(clinic=clinic, code="face-30"),
        weekdays={post.credential: post.weekdays for post in treating},
        rooms=list(Room.objects.filter(clinic=clinic).order_by("name")),
        devices=list(
            Device.objects.filter(clinic=clinic, status=Device.Status.IN_SERVICE).order_by("code")
        ),
    )


def register(site: Site, first: int, last: int) -> list[Patient]:
    """The patients on file with the numbers from `first` to `last`."""
    found = Patient.objects.filter(clinic=site.clinic, number__range=(first, last))
    return list(found.order_by("number"))


@cache
def _hashed(password: str) -> str:
    """One hash for all accounts: hashing is slow on purpose, and this password is printed."""
    return make_password(password)


def _email(account: str) -> str:
    return f"{account}@demo.example"


def _user(post: Post, password: str) -> User:
    found = User.objects.filter(email=_email(post.account)).first()
    if found is None:
        found = User(email=_email(post.account), name=post.name, password=_hashed(password))
        found.write()
    return found


def _practitioner(
    post: Post, user: User, clinic: Clinic, keeper: User, today: dt.date, at: dt.datetime
) -> None:
    one = Practitioner.objects.filter(user=user).first()
    if one is None:
        one = Practitioner(user=user, name=post.name, credential=post.credential)
        one.write()
    one.clinics.add(clinic)
    License(
        practitioner=one,
        kind=post.kind,
        state=clinic.state,
        number_raw=post.number,
        issued_on=today - dt.timedelta(days=LICENSED_DAYS),
        expires_on=today + dt.timedelta(days=post.license_days),
        created_at=at,
        created_by=keeper,
    ).write()
    since = today - dt.timedelta(days=LICENSED_DAYS)
    for weekday in post.weekdays:
        Shift(
            practitioner=one,
            clinic=clinic,
            weekday=weekday,
            starts_min=OPENS * 60,
            ends_min=CLOSES * 60,
            valid_from=since,
        ).write()
