"""Where one needles, and when one stops."""

from __future__ import annotations

from enum import StrEnum

from bookings.rules.areas import AREAS

__all__ = ["AREAS", "NEVER", "EndPoint"]

# Kept apart so that a person who names one is told why, not merely "unknown area" (R34).
NEVER: dict[str, str] = {
    "eyelid": "Eyelids and the skin inside the orbital rim are never needled.",
    "mucosa": "Mucosa is never needled.",
    "vermilion_lip": "The red of the lips is never needled.",
    "over_mole": "Moles are never needled.",
    "over_tattoo": "Tattoos and permanent make-up are never needled.",
}


class EndPoint(StrEnum):
    """What the skin showed when needling stopped."""

    NONE = "none"
    ERYTHEMA_MILD = "erythema_mild"
    ERYTHEMA_UNIFORM = "erythema_uniform"
    PINPOINT_BLEEDING = "pinpoint_bleeding"
    EXCESS_BLEEDING = "excess_bleeding"

    @staticmethod
    def choices() -> list[tuple[str, str]]:
        """Value and words, for forms."""
        return [
            ("none", "None reached"),
            ("erythema_mild", "Mild redness"),
            ("erythema_uniform", "Uniform redness"),
            ("pinpoint_bleeding", "Pinpoint bleeding"),
            ("excess_bleeding", "Excess bleeding"),
        ]
