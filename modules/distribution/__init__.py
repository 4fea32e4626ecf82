"""Unified procurement and distribution: centres' plans, the district's purchases, shipments and what arrives."""
