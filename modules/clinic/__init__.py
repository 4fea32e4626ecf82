"""The doctor's work with one patient: encounter, outpatient record, vital signs, diagnoses (门诊诊疗)."""
