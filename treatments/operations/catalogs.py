"""The catalogs that ship with the product, brought into the database."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from clinic import audit, constraints
from clinic.models import DeviceModel
from clinic.models.base import FromCatalog
from clinic.refusals import Refusal
from clinic.rules import folded
from treatments.models import DepthRule, GlideProduct, NumbingIngredient, NumbingProduct

SHIPPED = Path(__file__).resolve().parent.parent / "catalog"


@dataclass(frozen=True)
class Catalog:
    """One file: the rows it makes, and the columns whose names only one row may bear.

    With a `key_column` a row without an origin that has the line's key is taken on.
    """

    name: str
    model: type[FromCatalog]
    names: Sequence[str] = ()
    key_column: str = ""


CATALOGS = (
    Catalog("device_models", DeviceModel, names=("maker", "name")),
    Catalog("numbing_products", NumbingProduct, names=("name",), key_column="code"),
    Catalog("glide_products", GlideProduct, names=("maker", "name")),
    Catalog("depth_rules", DepthRule, key_column="area"),
)


@dataclass
class Loaded:
    """What a load did, by the lines' names: `kept` are those that the clinic keeps its own way."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def load_catalog(*, at: dt.datetime, folder: Path = SHIPPED) -> Loaded:
    """Bring the shipped catalogs into the database; safe to run again, and with every upgrade.

    Adds what is new, updates what came from an older version and was not edited here, and
    leaves the rest, also whether a row is in use; yet what turns out to need a prescription
    waits, out of use, for the director and a prescriber (R43). Done by the installation, not by
    a person: what it added and updated is in the system's audit. Refuses a device that needles
    with radio frequency (R38).
    """
    loaded = Loaded()
    with transaction.atomic():
        constraints.lock_name(connection, "catalog")
        for catalog in CATALOGS:
            shipped = tomllib.loads((folder / f"{catalog.name}.toml").read_text(encoding="utf-8"))
            for line in shipped["line"]:
                _load(catalog, shipped["version"], line, loaded)
        if loaded.added or loaded.updated:
            detail = {"added": loaded.added, "updated": loaded.updated}
            audit.record("catalog.load", by=None, at=at, clinic_id=None, detail=detail)
    return loaded


def _load(catalog: Catalog, version: int, line: Mapping[str, Any], loaded: Loaded) -> None:
    values = dict(line)
    name = f"{catalog.name}/{values.pop('key')}"
    parts = values.pop("parts", [])
    if values.pop("modality", "needles") != "needles":
        raise Refusal(f"{name} needles with radio frequency.", rule="R38")
    if catalog.key_column:
        values[catalog.key_column] = line["key"]
    rows: QuerySet[Any] = catalog.model._default_manager.select_for_update(no_key=True)
    row = rows.filter(catalog=name).first()
    if row is None and catalog.key_column:
        row = rows.filter(catalog="", **{catalog.key_column: line["key"]}).first()
    if catalog.names:
        key = folded(*(values[column] for column in catalog.names))
        namesakes: QuerySet[Any] = rows.filter(name_key=key)
        if (namesakes.exclude(pk=row.pk) if row else namesakes).exists():
            loaded.kept.append(name)  # the clinic put it on file before the catalog had it
            return
    if row is None:
        row = catalog.model(catalog=name, **values)
        loaded.added.append(name)
    elif row.edited:
        loaded.kept.append(name)
        return
    elif row.catalog_version >= version:
        return
    else:
        for column, value in values.items():
            if column != "is_active":
                setattr(row, column, value)
        loaded.updated.append(name)
    row.catalog, row.catalog_version = name, version
    if isinstance(row, NumbingProduct) and row.rx_required and row.prescriber_id is None:
        row.is_active = False
    row.write()
    if isinstance(row, NumbingProduct):
        # What a newer version does not name any more is not in it: nothing is judged by it.
        gone = row.parts.exclude(name__in=[part["name"] for part in parts])
        gone.delete()
    for part in parts:
        _part(row, part)


def _part(product: FromCatalog, part: Mapping[str, Any]) -> None:
    found = NumbingIngredient.objects.filter(product_id=product.pk, name=part["name"]).first()
    row = found or NumbingIngredient(product_id=product.pk)
    row.name, row.family, row.mg_per_g = part["name"], part["family"], part["mg_per_g"]
    row.write()
