"""Rules about a person's number, name, age and likeness to another person. No database."""
