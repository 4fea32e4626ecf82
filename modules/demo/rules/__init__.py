"""Who lives in the demo district and what they come to the clinic with. No database."""
