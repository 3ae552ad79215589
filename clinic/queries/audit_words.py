"""The audit in the clinic's words: what an action was, and what its details say."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from clinic.models import AuditEvent, License
from clinic.queries.audit_values import in_words
from clinic.rules import say_date, say_time

# Every action that an operation records, in the past tense; one table for all apps.
ACTIONS: dict[str, str] = {
    "closure.add": "Closed the clinic for some days",
    "closure.add_holidays": "Closed the clinic on public holidays",
    "closure.withdraw": "Opened the clinic after all",
    "time_off.block": "Blocked time on the board",
    "time_off.give": "Entered time off",
    "time_off.unblock": "Gave blocked time back",
    "time_off.withdraw": "Took time off back",
    "account.change": "Changed someone's name or roles",
    "account.end_sessions": "Logged someone out everywhere",
    "account.invite": "Invited someone",
    "account.invite_again": "Invited someone again",
    "account.note_mail": "Sent an invitation",
    "account.reset_second_factor": "Reset someone's second factor",
    "account.send_reset": "Sent a link for a new password",
    "account.set_use": "Switched an account off or on",
    "account.withdraw": "Withdrew an invitation",
    "course.book": "Booked a course of visits",
    "course.book_rest": "Booked more visits of a course",
    "course.end": "Ended a course of visits",
    "course.reflow": "Moved the rest of a course along",
    "appointment.allow_interval": "Allowed a visit sooner than the interval",
    "appointment.arrive": "Marked a visit as arrived",
    "appointment.book": "Booked a visit",
    "appointment.cancel": "Cancelled a visit",
    "appointment.chart_opened": "Chart opened for a visit",
    "appointment.confirm": "Confirmed a visit",
    "appointment.ended": "Visit completed",
    "appointment.move": "Moved a visit",
    "appointment.no_show": "Marked a visit as no-show",
    "appointment.numbing_off": "Numbing ended for a visit",
    "appointment.numbing_on": "Numbing began for a visit",
    "appointment.started": "Treatment began for a visit",
    "appointment.walk_in": "Took in a patient without an appointment",
    "appointment.undo": "Took back a cancelling, a move or a no-show",
    "audit.export": "Exported the audit log",
    "audit.search": "Searched the audit log",
    "backup.make": "Made a backup",
    "backup.restore": "Restored a backup",
    "cartridge.claim": "Opened a cartridge",
    "cartridge.export": "Exported the cartridge audit",
    "cartridge.receive": "Received cartridges",
    "cartridge.scan": "Scanned a cartridge",
    "cartridge.waste": "Wasted a cartridge",
    "cartridge_product.add": "Added a cartridge product",
    "cartridge_product.add_code": "Added a code to a cartridge product",
    "cartridge_product.change": "Changed a cartridge product",
    "cartridge_product.change_code": "Changed a package of a cartridge product",
    "cartridge_product.set_use": "Took a cartridge product out of use or back",
    "calendar.make_link": "Made a link to one's own calendar",
    "calendar.withdraw_link": "Ended the link to one's own calendar",
    "catalog.load": "Loaded the catalogs",
    "chart.add_addendum": "Added an addendum",
    "chart.amend": "Changed a chart",
    "chart.open": "Opened a chart",
    "chart.read": "Read a chart",
    "chart.sign": "Signed a record",
    "device.add": "Added a device",
    "device.change": "Changed a device's code or serial number",
    "device.clean": "Cleaned a device",
    "device.set_status": "Changed a device's status",
    "device_model.add": "Added a device model",
    "device_model.change": "Changed a device model",
    "device_model.set_use": "Took a device model out of use or back",
    "clinic.add": "Added a clinic",
    "clinic.change": "Changed a clinic's address or policies",
    "clinic.set_hours": "Changed a clinic's opening hours",
    "clinic.set_reminders": "Changed when patients are reminded",
    "message.try_again": "Tried a failed message again",
    "message_text.set": "Changed the words of a message",
    "organization.begin": "Set up this installation",
    "organization.set_second_factor": "Changed who needs a second factor",
    "factor.add_passkey": "Added a passkey",
    "factor.make_codes": "Made new recovery codes",
    "factor.remove_passkey": "Removed a passkey",
    "factor.rename_passkey": "Renamed a passkey",
    "factor.turn_off_app": "Switched an authenticator app off",
    "factor.turn_on_app": "Switched an authenticator app on",
    "import.choose": "Decided about a row of an import",
    "import.discard": "Dropped a file that was not imported",
    "import.export": "Exported the rows that were not imported",
    "import.finish": "Finished an import",
    "import.map": "Chose the columns of an import",
    "import.patients": "Imported patients",
    "import.start": "Started an import",
    "import.stop": "An import stopped",
    "import.upload": "Gave a file to import",
    "day.keep_outage": "Put tomorrow's day sheet away",
    "day.print": "Printed a day",
    "day.print_outage": "Printed a day with birth dates and phones",
    "depth_rule.change": "Changed how deep an area is needled",
    "glide_product.add": "Added a glide product",
    "glide_product.change": "Changed a glide product",
    "glide_product.set_use": "Took a glide product out of use or back",
    "license.add": "Put a license on file",
    "license.change_status": "Changed a license's status",
    "license.renew": "Renewed a license",
    "numbing.apply": "Applied numbing cream",
    "numbing.decline": "Noted that there was no numbing",
    "numbing.remove": "Removed numbing cream",
    "numbing_product.add": "Put a numbing product on file",
    "numbing_product.change": "Changed the limits of a numbing product",
    "numbing_product.set_use": "Put a numbing product into use or out of it",
    "patient.change": "Changed a patient's contact data",
    "patient.merge": "Merged two patients",
    "patient.open": "Opened a patient's card",
    "patient.register": "Registered a patient",
    "patient.search": "Searched for a patient",
    "patient.unmerge": "Took a merge of two patients back",
    "practitioner.add": "Added a practitioner",
    "practitioner.change": "Changed a practitioner",
    "practitioner.set_use": "Took a practitioner out of use or back",
    "room.add": "Added a room",
    "room.rename": "Renamed a room",
    "room.set_use": "Took a room out of use or back",
    "service.add": "Added a service",
    "service.change": "Changed a service",
    "service.set_use": "Took a service out of use or back",
    "shift.clear_day": "Let the week's hours count on a day again",
    "shift.set_day": "Set other hours on one day",
    "shift.set_week": "Set a week's working hours",
    "token.create": "Made an API token",
    "token.revoke": "Revoked an API token",
    "treatment.abort": "Ended a treatment early",
    "treatment.add_pass": "Added a needling pass",
    "treatment.finish": "Finished a treatment",
    "treatment.remove_pass": "Removed a needling pass",
    "treatment.start": "Started a treatment",
    "user.accept_invitation": "Took up an invitation",
    "user.confirm": "Entered their password",
    "user.create_admin": "Administrator invited from the machine",
    "user.lock": "Locked the screen",
    "user.log_in": "Logged in",
    "user.log_out": "Logged out",
    "user.create_token": "API token made on the machine",
    "user.reset_second_factor": "Second factor reset from the machine",
    "user.second_factor": "Proved their second factor",
    "user.set_password": "Set a new password",
    "waitlist.add": "Put someone on the waitlist",
    "waitlist.book": "Booked a time for someone who waits",
    "waitlist.change": "Changed what someone waits for",
    "waitlist.decline": "An offered time was left to someone else",
    "waitlist.offer": "Offered a time to someone who waits",
    "waitlist.offer_next": "A time that was not taken was offered to the next in line",
    "waitlist.offer_over": "An offer was not answered in time",
    "waitlist.over": "The last day of a wait was over",
    "waitlist.take": "An offered time was taken by its link",
    "waitlist.take_back": "Took an offer back",
    "waitlist.withdraw": "Took someone off the waitlist",
    "user.switch_clinic": "Switched the clinic",
    "page.open": "Asked for a page",
    "user.time_out": "Logged out by the time limit",
    "user.unlock": "Unlocked the screen",
}


def words_for(action: str) -> str:
    """What an action means; one that has no words yet is shown by its own name."""
    return ACTIONS.get(action, action)


# What the names of details mean to a reader; one that is not here is shown with spaces.
LABELS = {
    "about": "Patient or record",
    "address": "Address tried (as a fingerprint)",
    "before": "Before",
    "before_with": "Before with",
    "clinic": "Clinic",
    "digest": "Fingerprint of the file",
    "expires_on": "Expires",
    "expires_at": "Held until",
    "fields": "Changed",
    "first": "First",
    "factor": "By",
    "found": "Found",
    "from": "From",
    "given": "Given",
    "import": "Import",
    "imported": "Imported",
    "in_use": "In use",
    "joined": "Taken as the same person",
    "kind": "Kind",
    "last": "Last",
    "last_on": "Last treatment of the same area",
    "late": "Entered late",
    "locale": "Dates and times are written",
    "log": "Log",
    "mailed": "Taken by the mail server",
    "method": "How",
    "needle_contact": "Needle touched the patient",
    "outcome": "Outcome",
    "override": "Sooner than the interval, because",
    "page": "Page",
    "patient_contact": "Touched the patient",
    "quarantine": "Into quarantine",
    "second_person": "Second person",
    "seq": "Pass",
    "since": "From",
    "source": "From the computer",
    "starts_at": "Starts",
    "taken": "Taken away",
    "token": "By the program with the token",
    "twins": "Who may be on file",
    "until": "To",
    "was": "Before",
    "what": "What",
    "who": "Who",
    "why": "Why",
}
VALUES = {
    "app": "Authenticator app",
    "passkey": "Passkey",
    "recovery_code": "Recovery code",
    "asked": "By a person",
    "idle": "After a pause",
    **{str(kind.value): str(kind.label) for kind in License.Kind},
    **{str(outcome.value): str(outcome.label) for outcome in AuditEvent.Outcome},
    "system": "Log-ins and screens",
}


@dataclass(frozen=True)
class Names:
    """What the keys and codes in details stand for, and the wall clock they are read by."""

    zone: ZoneInfo
    known: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)

    def detail(self, detail: str) -> str:
        """A detail as one line; a row whose detail cannot be read does not break the page."""
        try:
            values = json.loads(detail)
        except ValueError:
            return detail
        if not isinstance(values, dict):
            return detail
        if values.get("sentence"):
            return str(values["sentence"])
        return self._pairs(values, "; ")

    def _pairs(self, values: Mapping[str, Any], joined: str) -> str:
        pairs = [(name, self._value(name, one)) for name, one in in_words(values).items()]
        return joined.join(f"{_label(name)}: {said}" for name, said in pairs if said)

    def _value(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, list):
            return ", ".join(said for one in value if (said := self._value(name, one)))
        if isinstance(value, dict):
            return self._pairs(value, ", ")
        if value is None:
            return ""
        text = str(value)
        if name == "method":
            # Reading is what a page is opened for; anything else is worth a word.
            return "" if text in ("GET", "HEAD", "") else "By sending a form"
        if name == "page":
            return self.pages.get(text) or text.replace("-", " ").capitalize()
        if name == "what":
            return words_for(text)
        if name == "fields":
            return text.replace("_", " ")
        return self.known.get(text) or VALUES.get(text) or self._plain(text)

    def _plain(self, text: str) -> str:
        if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
            return ""  # the key of something that is not of this clinic any more
        if re.fullmatch(r"[a-z]+(_[a-z]+)+", text):
            return text.replace("_", " ").capitalize()
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(T[\d:.]+([+-][\d:]+|Z))?", text):
            return text
        try:
            if "T" not in text:
                return say_date(dt.date.fromisoformat(text))
            local = dt.datetime.fromisoformat(text).astimezone(self.zone)
        except ValueError:
            return text
        return f"{say_date(local.date())}, {say_time(local)}"


def _label(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()
