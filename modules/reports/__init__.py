"""Reports: what was taken, what is owed and what moved, from the district down to the paper."""
