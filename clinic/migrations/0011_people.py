"""By what patients are found has a table of its own, and two who are one person are merged.

The table is filled for those on file, some hundreds at a time, however many there are; folding
has learned more scripts since the lists were sorted, so that the key of the lists is made anew.
"""

import django.db.models.deletion
from django.db import migrations, models

import clinic.models.finding
from clinic.models.finding import keys_of
from clinic.models.patients import search_text

PORTION = 500


def fill(apps, schema_editor):
    """Let the finder know everyone who is on file."""
    patients, keys = (apps.get_model("clinic", one) for one in ("Patient", "PatientKey"))
    last = None
    while True:
        rows = patients.objects.order_by("pk")
        rows = [*(rows if last is None else rows.filter(pk__gt=last))[:PORTION]]
        if not rows:
            break
        keys.objects.bulk_create(
            keys(clinic_id=one.clinic_id, patient_id=one.pk, text=text)
            for one in rows
            for text in sorted(keys_of(one))
        )
        sorted_anew = []
        for one in rows:
            one.code = f"PT-{one.number:06d}"
            if (key := search_text(one)) != one.search:
                one.search = key
                sorted_anew.append(one)
        patients.objects.bulk_update(sorted_anew, ["search"])
        last = rows[-1].pk
    # PostgreSQL alters no table of which a foreign key is still to be looked at.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [("clinic", "0010_hours_said")]

    operations = [
        migrations.AddField(
            model_name="patient",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="clinic.patient",
            ),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="patient_not_merged_into_herself",
                violation_error_message="A patient is not merged into herself.",
            ),
        ),
        migrations.CreateModel(
            name="PatientKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id", "text", blank=True, editable=False, primary_key=True,
                        serialize=False,
                    ),
                ),
                ("text", clinic.models.finding.Folded(max_length=40)),
                (
                    "clinic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="clinic.patient",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["clinic", "text", "patient"], name="patient_key_by_text"
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
