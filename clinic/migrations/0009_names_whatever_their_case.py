"""Rooms, devices and makes of pens have one name each, whatever its case.

Two rows of one name are told apart by a number behind the name of the second: "blue" beside
"Blue" becomes "blue (2)". Nothing is lost, nothing stops the upgrade, and the manager, who sees
both in the list, gives one of them the name that it should have.
"""

from django.db import migrations, models

from clinic.migrations._names import told_apart
from clinic.rules import folded

# Model, the key, what it is made of (the last is what gets the number, up to so many characters),
# and within what a key stands once.
KEYS = (
    ("Room", "name_key", ("name",), 40, "clinic_id"),
    ("DeviceModel", "name_key", ("maker", "name"), 80, None),
    ("Device", "code_key", ("code",), 20, "clinic_id"),
    ("Device", "serial_key", ("serial",), 40, "model_id"),
)


def tell_apart(apps, schema_editor):
    """Give every row its keys, and each but the first of one key a name of its own."""
    for label, key, names, most, within in KEYS:
        taken = {}
        rows = apps.get_model("clinic", label).objects
        for row in rows.order_by("pk"):
            there = taken.setdefault(getattr(row, within) if within else None, set())
            *before, name = (getattr(row, one) for one in names)
            # Keys of several names differ by the last where the others are the same.
            own = told_apart(name, {one[-1] for one in there if one[:-1] == _plain(before)}, most)
            there.add((*_plain(before), folded(own)))
            changed = {names[-1]: own, key: folded(*before, own)}
            rows.filter(pk=row.pk).update(**changed)
    # PostgreSQL alters no table of which a foreign key is still to be looked at.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.connection.check_constraints()


def _plain(names):
    return tuple(folded(name) for name in names)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0008_second_factor_policy")]

    operations = [
        migrations.RemoveConstraint(model_name="room", name="room_name_once_per_clinic"),
        migrations.RemoveConstraint(model_name="devicemodel", name="device_model_once"),
        migrations.RemoveConstraint(model_name="device", name="device_code_once_per_clinic"),
        migrations.RemoveConstraint(model_name="device", name="device_serial_once_per_model"),
        migrations.AddField(
            model_name="room",
            name="name_key",
            field=models.CharField(default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="devicemodel",
            name="name_key",
            field=models.CharField(default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="device",
            name="code_key",
            field=models.CharField(default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="device",
            name="serial_key",
            field=models.CharField(default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(
                fields=("clinic", "name_key"),
                name="room_name_once_per_clinic",
                violation_error_code="name",
                violation_error_message="This clinic has a room of that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="devicemodel",
            constraint=models.UniqueConstraint(
                fields=("name_key",),
                name="device_model_once",
                violation_error_code="name",
                violation_error_message="A model of that maker and name is on file.",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(
                fields=("clinic", "code_key"),
                name="device_code_once_per_clinic",
                violation_error_code="code",
                violation_error_message="This clinic has a device of that code.",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(
                fields=("model", "serial_key"),
                name="device_serial_once_per_model",
                violation_error_code="serial",
                violation_error_message="A device of this model has that serial number.",
            ),
        ),
    ]
