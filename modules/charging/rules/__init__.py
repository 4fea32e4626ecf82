"""Rules about money at the window: amounts, tenders, refunds, shifts, fee classes. No database."""
