"""The way to payment channels."""
