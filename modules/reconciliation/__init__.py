"""Reconciliation (对账): our books, payment orders, the channels' statements, the insurer and the bank, day by day."""
