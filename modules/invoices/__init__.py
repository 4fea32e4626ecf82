"""Invoices (票据): books of paper with their custody, and electronic invoices of the finance bureau's platform."""
