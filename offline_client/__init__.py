"""The front desk's own program for outages: the same modules over a local SQLite, a journal, its replay."""
