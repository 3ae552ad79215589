"""The clinic app; it keeps the database's guards in place around migrations."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from clinic import constraints, deployment


def _drop_guards(*, using: str, plan: list[Any] | None = None, **_: Any) -> None:
    # With nothing to migrate, no table is rebuilt: a running clinic stays guarded.
    if plan is None or plan:
        constraints.drop(connections[using])


def _install_guards(*, using: str, **_: Any) -> None:
    connection = connections[using]
    there = set(connection.introspection.table_names())
    # A partial migrate leaves tables unmade; the guards follow when all of them stand.
    stand = all(table in there for table, _guard in constraints.all_guards())
    if stand and constraints.missing(connection):
        constraints.install(connection)


class ClinicConfig(AppConfig):
    """The building and its people."""

    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Django's migration signals are the only ones in the house: nothing else announces
        # that a table was rebuilt. Each comes once, before and after all apps' migrations.
        pre_migrate.connect(_drop_guards, sender=self)
        post_migrate.connect(_install_guards, sender=self)
        register(deployment.second_factor, Tags.security, deploy=True)
