"""Rules about sessions, slots, the waiting queue and what a visit costs. No database."""
