"""Pure rules of the reports."""
