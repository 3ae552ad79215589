"""How a patient wants to be told of her visits, and whether she can be."""

from __future__ import annotations

from phonenumbers import NumberParseException, PhoneNumberType, is_valid_number, number_type, parse


def contact_fault(contact_by: str, *, email: str, phone: str) -> str | None:
    """Why a patient cannot be told as she wants to be; None where she can."""
    if contact_by in ("email", "both") and not email:
        return "There is no email address to write to."
    if contact_by in ("sms", "both"):
        if not phone:
            return "There is no phone number for text messages."
        if not takes_texts(phone):
            return "Text messages do not reach this phone number: it is no mobile's."
    return None


def takes_texts(number: str) -> bool:
    """Whether text messages reach a number, as far as a number tells: a mobile's, or one that
    may be a mobile's, as all ordinary ones in the US."""
    try:
        parsed = parse(number)
    except NumberParseException:
        return False
    may_be = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return is_valid_number(parsed) and number_type(parsed) in may_be
