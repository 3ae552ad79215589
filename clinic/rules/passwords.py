"""What a password may not be, besides too short, well known or like its user's name."""

from __future__ import annotations

MOST_PASSWORD = 128
FEWEST_DIFFERENT = 4
# Each is taken to begin again at its end; the keyboard's rows follow one another.
RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "1234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)


def password_fault(password: str) -> str | None:
    """Why nobody may choose it; None when it will do.

    NIST SP 800-63B asks for length and for a look at what is guessed first, repeated and
    sequential characters among it, and for no mixture of kinds. A limit far above what it
    demands (64) keeps a password typeable wherever it is asked for again.
    """
    if len(password) > MOST_PASSWORD:
        return f"This password is too long. Use at most {MOST_PASSWORD} characters."
    typed = password.casefold()
    if len(set(typed)) < FEWEST_DIFFERENT:
        return (
            "This password is the same few characters again and again."
            f" Use at least {FEWEST_DIFFERENT} different ones."
        )
    for run in RUNS:
        endless = run * (MOST_PASSWORD // len(run) + 2)
        if typed in endless or typed[::-1] in endless:
            return (
                "This password only goes along the alphabet or the keyboard. Use words of your own."
            )
    return None
