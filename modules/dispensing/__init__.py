"""Pharmacy stock by batch, dispensing, returns and the stock ledger (发药与库存)."""
