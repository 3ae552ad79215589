"""That skin rests at least 14 days between two treatments, whoever writes (R35).

At the start the database knows what the visit is for: the areas of its service. What is really
treated it learns with each pass, and there is the last word. When a treatment ends, nothing is
asked any more: what was needled is noted as it was.
"""

from __future__ import annotations

from bookings.rules.interval import LEAST_DAYS
from clinic.constraints import days_apart_guards

SAYS = f"Fewer than {LEAST_DAYS} days lie between two treatments of the same area."
# Beside `me`, a patient: all numbers `k` on file of the same person.
SAME_PERSON = (
    "JOIN clinic_patient k ON (k.id = COALESCE(me.merged_into_id, me.id) "
    "OR k.merged_into_id = COALESCE(me.merged_into_id, me.id))"
)

# The texts are put together from what stands here (S608).
START_RESTED = days_apart_guards(
    "treatment_started_rested",
    ("UPDATE",),
    when="NEW.status = 'in_progress' AND OLD.status <> 'in_progress' AND EXISTS "  # noqa: S608
    "(SELECT 1 FROM bookings_appointment v JOIN bookings_service s ON s.id = v.service_id "
    f"JOIN clinic_patient me ON me.id = NEW.patient_id {SAME_PERSON} "
    "JOIN bookings_performedarea n ON n.patient_id = k.id "
    "WHERE v.id = NEW.appointment_id AND n.clinic_id = NEW.clinic_id "
    "AND n.appointment_id <> v.id AND {near} "
    # A list of words is the same text in both engines; a service without areas meets them all.
    "AND (CAST(s.areas AS text) = '[]' OR REPLACE(CAST(s.areas AS text), "
    "'\"' || n.area || '\"', '') <> CAST(s.areas AS text)))",
    first="NEW.started_on",
    second="n.performed_on",
    days=LEAST_DAYS,
    says=SAYS,
)
PASS_RESTED = [
    *days_apart_guards(
        "needling_pass_on_rested_skin",
        ("INSERT", "UPDATE"),
        when="NEW.removed_at IS NULL AND EXISTS (SELECT 1 FROM treatments_treatment t "  # noqa: S608
        f"JOIN clinic_patient me ON me.id = t.patient_id {SAME_PERSON} "
        "JOIN bookings_performedarea n ON n.patient_id = k.id "
        "WHERE t.id = NEW.treatment_id AND n.clinic_id = t.clinic_id "
        "AND n.appointment_id <> t.appointment_id AND n.area = NEW.area AND {near})",
        first="t.started_on",
        second="n.performed_on",
        days=LEAST_DAYS,
        says=SAYS,
    ),
    # A treatment that nobody has ended yet has noted nothing as performed.
    *days_apart_guards(
        "needling_pass_rested_meanwhile",
        ("INSERT", "UPDATE"),
        when="NEW.removed_at IS NULL AND EXISTS (SELECT 1 FROM treatments_treatment t "  # noqa: S608
        f"JOIN clinic_patient me ON me.id = t.patient_id {SAME_PERSON} "
        "JOIN treatments_treatment o ON o.patient_id = k.id AND o.id <> t.id "
        "JOIN treatments_needlingpass p ON p.treatment_id = o.id "
        "WHERE t.id = NEW.treatment_id AND o.clinic_id = t.clinic_id "
        "AND p.removed_at IS NULL AND p.area = NEW.area AND {near})",
        first="t.started_on",
        second="o.started_on",
        days=LEAST_DAYS,
        says=SAYS,
    ),
]
