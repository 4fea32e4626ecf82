"""Pure rules of unified payment."""
