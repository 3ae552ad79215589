"""That two patients on file were one person is kept, with what moved, so that it can be taken back."""

import datetime
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0015_waitlist'),
        ('clinic', '0011_people'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientMerge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('moved', models.JSONField(blank=True, default=list)),
                ('changed', models.JSONField(blank=True, default=dict)),
                ('merged_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('stayed', models.JSONField(blank=True, default=list)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.clinic')),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='clinic.patient')),
                ('merged', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merged_by', to='clinic.patient')),
                ('merged_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-merged_at', 'pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('merged',), name='patient_merge_once', violation_error_message='This patient is merged already.'), models.CheckConstraint(condition=models.Q(('kept', models.F('merged')), _negated=True), name='patient_merge_of_two', violation_error_message='A patient is not merged into herself.'), models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by__isnull', True)), models.Q(('undone_at__isnull', False), ('undone_by__isnull', False)), _connector='OR'), name='patient_merge_undone_by', violation_error_message='An act is recorded with its time and its person.'), models.CheckConstraint(condition=models.Q(models.Q(('merged_at__isnull', True), models.Q(('merged_at__gte', datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), ('merged_at__lte', datetime.datetime(2200, 12, 31, 0, 0, tzinfo=datetime.timezone.utc))), _connector='OR'), models.Q(('undone_at__isnull', True), models.Q(('undone_at__gte', datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), ('undone_at__lte', datetime.datetime(2200, 12, 31, 0, 0, tzinfo=datetime.timezone.utc))), _connector='OR')), name='patient_merge_dates_bounded', violation_error_message='Use a date between 1900 and 2200.')],
            },
        ),
    ]
