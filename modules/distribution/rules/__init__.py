"""What is right in distribution, without a database."""
