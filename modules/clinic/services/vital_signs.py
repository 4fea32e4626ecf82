"""Writing down what was measured."""

from dataclasses import asdict

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.events import emit
from app.use_cases import use_case
from modules.clinic.errors import NothingMeasured, PressureImplausible
from modules.clinic.events import VitalSignsRecorded
from modules.clinic.models import Measurement
from modules.clinic.rules.vitals import VitalSigns, pressure_faults
from modules.registration.queries import get_visit


@use_case("clinic.vital_signs.record", offline=True)
def record_vital_signs(*, visit_id: int, vitals: VitalSigns, by: Actor) -> Measurement:
    """Record vital signs of a visit, by the nurse while the patient waits or by the doctor.

    Raises:
        NotFound: no such visit here.
        NothingMeasured: no value was given.
        PressureImplausible: one of the two pressures is missing, or they are the wrong way round.
    """
    check_vitals(vitals)
    visit = get_visit(visit_id)
    return add_measurement(visit.id, visit.patient_id, vitals, by)


def check_vitals(vitals: VitalSigns) -> None:
    """Refuse what cannot be measured on a person.

    Raises:
        NothingMeasured: no value was given.
        PressureImplausible: one of the two pressures is missing, or they are the wrong way round.
    """
    if vitals.is_empty:
        raise NothingMeasured
    for field in pressure_faults(vitals.systolic, vitals.diastolic):
        raise PressureImplausible(field=f"vitals-{field}")


def add_measurement(visit_id: int, patient_id: int, vitals: VitalSigns, by: Actor) -> Measurement:
    """Add a row of measured values; the values were checked."""
    measurement = Measurement(
        visit_id=visit_id,
        patient_id=patient_id,
        measured_at=clock.now(),
        measured_by=by.name,
        account_id=by.account_id,
        **asdict(vitals),
    )
    db.session.add(measurement)
    db.session.flush()
    audit.record("vital_signs.recorded", measurement, by=by)
    emit(VitalSignsRecorded(vital_signs_id=measurement.id, visit_id=visit_id, patient_id=patient_id))
    return measurement
