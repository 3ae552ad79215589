"""Products have one name each, whatever its case; packages of them count their versions.

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
    ("CartridgeProduct", "name_key", ("maker", "name"), 80, None),
    ("GlideProduct", "name_key", ("maker", "name"), 80, None),
    ("NumbingProduct", "name_key", ("name",), 80, None),
)


def tell_apart(apps, schema_editor):
    """Give every row its keys, and each but the first of one key a name of its own."""
    for label, key, names, most, within in KEYS:
        taken = {}
        rows = apps.get_model("treatments", label).objects
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
    dependencies = [("treatments", "0005_prescriber_of_a_numbing_product")]

    operations = [
        migrations.RemoveConstraint(model_name="cartridgeproduct", name="cartridge_product_once"),
        migrations.RemoveConstraint(model_name="glideproduct", name="glide_product_once"),
        migrations.AddField(
            model_name="cartridgeproduct",
            name="name_key",
            field=models.CharField(default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="glideproduct",
            name="name_key",
            field=models.CharField(default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="numbingproduct",
            name="name_key",
            field=models.CharField(default="", editable=False, max_length=500),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="productidentifier",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="cartridgeproduct",
            constraint=models.UniqueConstraint(
                fields=("name_key",),
                name="cartridge_product_once",
                violation_error_code="name",
                violation_error_message="A product of that maker and name is on file.",
            ),
        ),
        migrations.AddConstraint(
            model_name="glideproduct",
            constraint=models.UniqueConstraint(
                fields=("name_key",),
                name="glide_product_once",
                violation_error_code="name",
                violation_error_message="A product of that maker and name is on file.",
            ),
        ),
        migrations.AddConstraint(
            model_name="numbingproduct",
            constraint=models.UniqueConstraint(
                fields=("name_key",),
                name="numbing_product_name_once",
                violation_error_code="name",
                violation_error_message="A numbing product of that name is on file.",
            ),
        ),
    ]
