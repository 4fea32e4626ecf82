"""Rules about stock by batch: what to issue first, what goes back where, what must add up. No database."""
