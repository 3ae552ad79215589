"""Indexes that another one covers, or that nobody asks, are only written: they go.

Dropped by name, as Django made it on both engines: to alter the fields would copy both tables
once for each on SQLite.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

DROPPED = {
    "bookings_appointment": {
        "arrived_by_id": "7f91e441",
        "cancelled_by_id": "0bdd5c3e",
        "chart_opened_by_id": "42cb77c5",
        "clinic_id": "b35c798c",
        "confirmed_by_id": "79edd9d8",
        "created_by_id": "4fcecdc7",
        "no_show_by_id": "e2cfa529",
        "patient_id": "1ad75d89",
    },
    "bookings_hold": {
        "appointment_id": "e965ec7a",
        "device_id": "81ae55c8",
        "offer_id": "f705fc99",
        "patient_id": "38f569bb",
        "practitioner_id": "3339df3f",
        "room_id": "b82fd27e",
    },
}


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0021_merging_in_words'),
        ('clinic', '0017_merging_in_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='hold',
            name='hold_by_practitioner',
        ),
        migrations.RemoveIndex(
            model_name='hold',
            name='hold_by_room',
        ),
        migrations.RemoveIndex(
            model_name='hold',
            name='hold_by_device',
        ),
        migrations.RemoveIndex(
            model_name='hold',
            name='hold_by_patient',
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f'DROP INDEX IF EXISTS "{table}_{column}_{mark}"',
                    f'CREATE INDEX IF NOT EXISTS "{table}_{column}_{mark}" ON "{table}" ("{column}")',
                )
                for table, columns in DROPPED.items()
                for column, mark in columns.items()
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='appointment',
                    name='arrived_by',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='appointment',
                    name='cancelled_by',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='appointment',
                    name='chart_opened_by',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='appointment',
                    name='clinic',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinic.clinic'),
                ),
                migrations.AlterField(
                    model_name='appointment',
                    name='confirmed_by',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='appointment',
                    name='created_by',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='appointment',
                    name='no_show_by',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='appointment',
                    name='patient',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='clinic.patient'),
                ),
                migrations.AlterField(
                    model_name='hold',
                    name='appointment',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='bookings.appointment'),
                ),
                migrations.AlterField(
                    model_name='hold',
                    name='device',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='clinic.device'),
                ),
                migrations.AlterField(
                    model_name='hold',
                    name='offer',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='bookings.offer'),
                ),
                migrations.AlterField(
                    model_name='hold',
                    name='patient',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='clinic.patient'),
                ),
                migrations.AlterField(
                    model_name='hold',
                    name='practitioner',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='clinic.practitioner'),
                ),
                migrations.AlterField(
                    model_name='hold',
                    name='room',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='clinic.room'),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('practitioner__isnull', False)), fields=['practitioner', 'starts_at', 'ends_at'], name='hold_by_practitioner'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('room__isnull', False)), fields=['room', 'starts_at', 'ends_at'], name='hold_by_room'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('device__isnull', False)), fields=['device', 'starts_at', 'ends_at'], name='hold_by_device'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('patient__isnull', False)), fields=['patient', 'starts_at', 'ends_at'], name='hold_by_patient'),
        ),
    ]
