"""Papers of registration."""

from app.printing import to_pdf
from modules.patients import queries as patients
from modules.registration import queries
from modules.registration.models import Visit
from tenants.style import letterhead


def queue_ticket(visit: Visit) -> bytes:
    """The ticket a patient waits with (挂号小票), 80 mm wide; names are masked, tickets are lost."""
    names = queries.names_for([visit.practitioner_id])
    department, practitioner = names.of(visit.department_id, visit.practitioner_id)
    return to_pdf(
        "registration/ticket.html",
        visit=visit,
        centre=letterhead(visit.tenant_id),
        department=department,
        practitioner=practitioner,
        patient_name=patients.masked_names([visit.patient_id]).get(visit.patient_id, ""),
        ahead=queries.people_ahead(visit),
    )
