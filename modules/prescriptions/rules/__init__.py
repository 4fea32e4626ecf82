"""Rules about prescriptions: quantities, prices, sheets, safety and states. No database."""
