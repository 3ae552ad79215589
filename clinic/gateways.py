"""The gateways that take messages: the mail server, and the provider of text messages.

Both are told plainly that something went wrong: whatever does not raise was taken.
"""

from __future__ import annotations

from email.mime.text import MIMEText
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyFormat
from django.conf import settings
from django.core.mail import EmailMessage

CALENDAR_FILE = "appointment.ics"


class NoGateway(OSError):
    """SMS_URL is not set, or is none that is understood."""


class NotTaken(OSError):
    """The provider of text messages did not take one; it does not say whether it ever will."""


def send_mail(*, to: str, subject: str, text: str, calendar: str = "") -> None:
    """Hand one mail to the mail server, with a calendar file where there is one."""
    mail = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    if calendar:
        part = MIMEText(calendar, "calendar", "utf-8")
        # Programs for mail show an invitation only where the part itself names the method.
        part.set_param("method", _method_of(calendar))
        part.add_header("Content-Disposition", "attachment", filename=CALENDAR_FILE)
        mail.attach(part)
    mail.send()


def send_text(*, to: str, text: str) -> None:
    """Hand one text message to the provider in SMS_URL, in which {to} stands for the number."""
    gateway = Apprise(asset=AppriseAsset(secure_logging=True))
    url = settings.SMS_URL.replace("{to}", quote(to, safe=""))
    if not url or not gateway.add(url):
        raise NoGateway
    if not gateway.notify(body=text, body_format=NotifyFormat.TEXT, interpret_escapes=False):
        raise NotTaken


def is_final(error: Exception) -> bool:
    """Whether trying again would end the same: the message itself is at fault, or the address
    takes no mail."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _says in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        # 535 and the like are the sender's own fault, which someone may mend.
        return error.smtp_code in (550, 551, 553, 554)
    return isinstance(error, ValueError)


def _method_of(calendar: str) -> str:
    lines = (line.partition(":") for line in calendar.splitlines())
    return next(value for name, _colon, value in lines if name == "METHOD")
