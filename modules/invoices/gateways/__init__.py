"""The platform of electronic invoices, over HTTP."""
