"""Rules about the outpatient record and its measurements. No database."""
