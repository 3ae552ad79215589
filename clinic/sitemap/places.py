"""The one table of pages: what the menu and the site map show, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.permissions import Permission

P = Permission


@dataclass(frozen=True)
class Place:
    """A page that needs no record to open: any one of `may` opens it, none means everyone.

    `menu` is the word in the bar; a page without one is reached from others and the map.
    """

    section: str
    name: str
    label: str
    about: str
    icon: str
    may: tuple[Permission, ...] = ()
    menu: str = ""


CHARTS = (P.SEE_OWN_CHARTS, P.SEE_ALL_CHARTS, P.SEE_SIGNED_CHARTS)
PLACES = (
    Place("Today", "landing", "Start page", "Today's numbers and what is to do.", "house"),
    Place(
        "Today",
        "day",
        "Day board",
        "Who comes when, to whom, and where each visit stands.",
        "calendar3",
        (P.SEE_DAY,),
        menu="Day",
    ),
    Place(
        "Today",
        "appointment-new",
        "New appointment",
        "Find or register the patient, then choose a free time.",
        "calendar-plus",
        (P.BOOK,),
    ),
    Place(
        "Today",
        "walk-in",
        "Walk-in",
        "Take in a patient who is here without an appointment.",
        "person-walking",
        (P.BOOK,),
    ),
    Place(
        "Today",
        "block-time",
        "Block time",
        "Keep a practitioner's time free of visits for a while.",
        "slash-circle",
        (P.BLOCK_TIME,),
    ),
    Place(
        "Patients and treatments",
        "patients",
        "Patients",
        "Find a patient by name, phone or birth date.",
        "people",
        (P.SEE_PATIENTS,),
        menu="Patients",
    ),
    Place(
        "Patients and treatments",
        "patient-register",
        "Register a patient",
        "Name, birth date, and how to reach them.",
        "person-plus",
        (P.REGISTER_PATIENT,),
    ),
    Place(
        "Patients and treatments",
        "treatments",
        "Treatments",
        "Today's list, and the chart of each treatment.",
        "clipboard2-pulse",
        CHARTS,
        menu="Treatments",
    ),
    Place(
        "Cartridges",
        "cartridges",
        "Cartridges",
        "Stock by product and lot, first-expiring first.",
        "box-seam",
        (P.SEE_STOCK,),
        menu="Cartridges",
    ),
    Place(
        "Cartridges",
        "cartridge-receive",
        "Receive cartridges",
        "Scan a delivery; each unit gets its code.",
        "upc-scan",
        (P.RECEIVE_STOCK,),
    ),
    Place(
        "Cartridges",
        "cartridge-receive-by-hand",
        "Receive by hand",
        "Two people type what is printed, where the code can't be read.",
        "pencil-square",
        (P.RECEIVE_STOCK,),
    ),
    Place(
        "Cartridges",
        "cartridge-audit",
        "Cartridge audit",
        "Received, used, wasted, on hand: every unit accounted for.",
        "clipboard2-check",
        (P.SEE_CARTRIDGE_AUDIT,),
        menu="Cartridge audit",
    ),
    Place(
        "Oversight",
        "licenses",
        "Licenses",
        "Who may treat, until when.",
        "patch-check",
        (P.SEE_LICENSES,),
        menu="Licenses",
    ),
    Place(
        "Oversight",
        "license-add",
        "Add a license",
        "Put a license on file as printed.",
        "patch-plus",
        (P.KEEP_LICENSES,),
    ),
    Place(
        "Oversight",
        "overrides",
        "Overrides",
        "Which rules were passed over this week, for whom and why.",
        "fast-forward",
        (P.OVERRIDE,),
    ),
    Place(
        "Oversight",
        "audit",
        "Audit log",
        "Who did, saw or was refused what, and when.",
        "shield-check",
        (P.SEE_AUDIT,),
        menu="Audit log",
    ),
    Place(
        "Set-up",
        "setup",
        "Set-up",
        "What is missing before the first booking, and all set-up pages.",
        "gear",
        (P.SET_UP_CLINIC, P.KEEP_USERS),
        menu="Set-up",
    ),
    Place(
        "Set-up",
        "setup-clinic",
        "Address and policies",
        "Where the clinic is, and what it keeps to.",
        "geo-alt",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-hours",
        "Opening hours",
        "When patients find the door open.",
        "clock",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-clinics",
        "Clinics",
        "All clinics of the organization that you set up.",
        "buildings",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-cartridge-products",
        "Cartridge products",
        "What may come in, the devices it fits, and the codes on its packages.",
        "upc",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-devices",
        "Devices",
        "The needling pens: which are in service, and when each was cleaned.",
        "tools",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-device-models",
        "Device models",
        "Makes of needling pens, with clearance and depths.",
        "collection",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-messages",
        "Messages",
        "What patients are written when a visit is booked, moved or near.",
        "envelope",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-numbing-products",
        "Numbing products",
        "Creams with their limits, and which are in use.",
        "droplet",
        (P.SET_UP_CLINIC, P.ALLOW_PRESCRIBED),
    ),
    Place(
        "Set-up",
        "setup-glide-products",
        "Glide products",
        "What a pen may glide on.",
        "water",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-depth-rules",
        "Depth rules",
        "How deep each area is needled at most.",
        "rulers",
        (P.SET_UP_CLINIC, P.SEE_ALL_CHARTS),
    ),
    Place(
        "Set-up",
        "setup-rooms",
        "Rooms",
        "Where patients are treated, one at a time in each.",
        "door-open",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-services",
        "Services",
        "What a patient books, and how long it takes.",
        "card-checklist",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-shifts",
        "Working hours",
        "Each practitioner's week, other hours on one day, and time off.",
        "calendar-week",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-closures",
        "Closures",
        "Holidays and other days on which nobody is treated.",
        "door-closed",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-imports",
        "Import",
        "Bring patients and future visits from another system, as a CSV file.",
        "file-earmark-arrow-up",
        (P.IMPORT,),
    ),
    Place(
        "Set-up",
        "setup-practitioners",
        "Practitioners",
        "Who treats, with which license and account.",
        "person-badge",
        (P.SET_UP_CLINIC,),
    ),
    Place(
        "Set-up",
        "setup-users",
        "Users",
        "Who logs in, with which roles; inviting someone.",
        "person-gear",
        (P.KEEP_USERS,),
    ),
    Place(
        "Set-up",
        "setup-security",
        "Log-in policy",
        "Whether all staff log in with a second factor.",
        "shield-lock",
        (P.KEEP_USERS,),
    ),
    Place("Your session", "guide", "Guide", "Your role on one page, to read or print.", "book"),
    Place("Your session", "site-map", "Site map", "Every page you may open.", "map"),
    Place(
        "Your session",
        "lock",
        "Lock or switch user",
        "Leave this screen to someone else without logging out.",
        "lock",
    ),
    Place(
        "Your session",
        "account_change_password",
        "Change your password",
        "At least twelve characters.",
        "key",
    ),
    Place(
        "Your session",
        "security",
        "Your second factor",
        "Authenticator app, passkeys and recovery codes.",
        "shield-lock",
    ),
    Place("Your session", "account_logout", "Log out", "End your session.", "box-arrow-right"),
)
