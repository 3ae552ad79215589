"""Devices in service, here and in other clinics, as one is told of them."""

from __future__ import annotations


def say_serving(here: int, elsewhere: int) -> str:
    """How many devices of a model are in service, and where, in one sentence."""
    if not elsewhere:
        return f"{_devices(here)} of this model {_are(here)} in service here."
    if not here:
        return f"{_devices(elsewhere)} of this model {_are(elsewhere)} in service in other clinics."
    return f"{_devices(here)} of this model {_are(here)} in service here and {elsewhere} elsewhere."


def serving_way_out(here: int, elsewhere: int) -> str:
    """Who takes them out of service, each clinic its own."""
    mine = "Retire them or put them into quarantine first."
    theirs = "whoever sets up the other clinics does it there"
    if not elsewhere:
        return mine
    if not here:
        return f"First {theirs}: retires them or puts them into quarantine."
    return f"Retire those here or put them into quarantine first; {theirs}."


def _devices(count: int) -> str:
    return "1 device" if count == 1 else f"{count} devices"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
