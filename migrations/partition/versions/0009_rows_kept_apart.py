"""Row-level security: a connection sees the rows of the centre it works for."""

from alembic import op

from app.db import isolation

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    "charging_bill",
    "charging_charge",
    "charging_price",
    "charging_receipt_print",
    "charging_settlement",
    "charging_settlement_line",
    "charging_shift",
    "charging_shift_sum",
    "charging_tender",
    "clinic_diagnosis",
    "clinic_encounter",
    "clinic_measurement",
    "clinic_phrase",
    "clinic_record_template",
    "clinic_signed_record",
    "dispensing_balance",
    "dispensing_batch",
    "dispensing_document",
    "dispensing_hold",
    "dispensing_location",
    "dispensing_stock_move",
    "dispensing_task",
    "kernel_audit",
    "kernel_command",
    "kernel_delivery",
    "kernel_event",
    "kernel_job",
    "kernel_job_result",
    "kernel_number",
    "patients_allergy",
    "patients_card",
    "patients_import",
    "patients_import_row",
    "patients_merge",
    "patients_patient",
    "prescriptions_item",
    "prescriptions_prescription",
    "registration_appointment",
    "registration_session",
    "registration_slot",
    "registration_template",
    "registration_visit",
    "tenants_department",
    "tenants_practitioner",
    "tenants_station",
)


def upgrade() -> None:
    isolation.add_predicate(op)
    isolation.add_policies(op, *TABLES)


def downgrade() -> None:
    isolation.drop_policies(op, *TABLES)
    isolation.drop_predicate(op)
