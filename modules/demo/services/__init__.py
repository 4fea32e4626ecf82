"""Building the district and playing its days."""
