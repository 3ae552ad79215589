"""The finder has learned to read more scripts: those whose names are in one are found anew."""

from django.db import migrations

from clinic.models.finding import keys_of

PORTION = 500


def read_aloud(apps, schema_editor):
    """Add the keys that a name in another script has besides those it had."""
    patients, keys = (apps.get_model("clinic", one) for one in ("Patient", "PatientKey"))
    last = None
    while True:
        rows = patients.objects.order_by("pk")
        rows = [*(rows if last is None else rows.filter(pk__gt=last))[:PORTION]]
        if not rows:
            break
        wanted = {
            (one.pk, text): one.clinic_id
            for one in rows
            if not f"{one.first_name}{one.last_name}{one.preferred_name}".isascii()
            for text in keys_of(one)
        }
        known = {one for one, _text in wanted}
        there = set(keys.objects.filter(patient__in=known).values_list("patient_id", "text"))
        keys.objects.bulk_create(
            keys(clinic_id=clinic, patient_id=patient, text=text)
            for (patient, text), clinic in sorted(wanted.items(), key=str)
            if (patient, text) not in there
        )
        last = rows[-1].pk
    # PostgreSQL alters no table of which a foreign key is still to be looked at.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [("clinic", "0015_api_answers")]

    operations = [migrations.RunPython(read_aloud, migrations.RunPython.noop)]
