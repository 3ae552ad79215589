"""What lies on the demo's shelf: each delivery through goods-in, as a manager would scan it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from treatments import operations as room
from treatments.management.demo.clinics import Site
from treatments.management.demo.visits import Act
from treatments.models import Cartridge, CartridgeLot, ProductIdentifier


def element_string(identifier: ProductIdentifier, lot: str, expires_on: dt.date) -> str:
    """The GS1 element string that such a package bears."""
    return f"01{identifier.value}17{expires_on:%y%m%d}10{lot}"


def deliveries(site: Site, *, now: dt.datetime, password: str) -> Iterator[Act]:
    """The deliveries of the last weeks, and one unit whose pack was torn."""
    catalog, today = site.catalog, site.clinic.day_of(now)

    def days(count: int) -> dt.date:
        return today + dt.timedelta(days=count)

    def ago(count: int) -> dt.datetime:
        return now - dt.timedelta(days=count)

    def scanned(
        identifier: ProductIdentifier,
        lot: str,
        expires_on: dt.date,
        packages: int,
        *,
        aside: bool = False,
    ) -> Callable[[dt.datetime], None]:
        def receive(at: dt.datetime) -> None:
            room.receive_lot(
                clinic=site.clinic,
                identifier=identifier,
                lot=lot,
                expires_on=expires_on,
                packages=packages,
                supplier="Lumen Aesthetics, Dallas",
                scan_text=element_string(identifier, lot, expires_on),
                quarantine=aside,
                by=site.manager,
                at=at,
            )

        return receive

    def typed(at: dt.datetime) -> None:
        room.receive_lot(
            clinic=site.clinic,
            identifier=catalog.other_pouch,
            lot="K2207",
            expires_on=days(410),
            packages=12,
            supplier="Lumen Aesthetics, Dallas",
            second_person=site.practitioners[0].user,
            second_password=password,
            by=site.manager,
            at=at,
        )

    def torn(at: dt.datetime) -> None:
        room.waste_unit(
            cartridge=Cartridge.objects.filter(clinic=site.clinic, lot__lot="LOT42A").first(),
            reason=Cartridge.WasteReason.PACK_DAMAGED,
            note_text="Pouch torn at the seal.",
            by=site.manager,
            at=at,
        )

    # The domain's sample lot, in date as long as its print says; else one of the same form.
    printed = max(dt.date(2028, 6, 30), days(200))
    yield from (
        (ago(40), scanned(catalog.pouch, "SP-2606", days(9), 20)),
        (ago(21), scanned(catalog.box, "LOT42A", printed, 8)),
        (ago(12), typed),
        (ago(6), torn),
        (ago(3), scanned(catalog.pouch, "B7740", days(-5), 4, aside=True)),
        (ago(2), scanned(catalog.box, "SP-2611", days(560), 4)),
    )


def is_stocked(site: Site) -> bool:
    """Whether the demo's deliveries have come."""
    return CartridgeLot.objects.filter(clinic=site.clinic, lot="LOT42A").exists()
