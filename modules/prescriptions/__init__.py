"""Prescriptions from draft to dispensing: quantities, prices, safety checks and review (处方)."""
