"""Suppliers, purchasing, requisitions, stocktakes, losses and recalls of the drug storeroom (药库)."""
