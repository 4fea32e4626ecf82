"""Rules of invoices: numbers and ranges, states, the printed foot, when to try again."""
