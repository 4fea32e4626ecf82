"""The dictionaries every other part reads: diagnoses, drugs, charge items, usages, code tables (字典目录)."""
