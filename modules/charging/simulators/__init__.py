"""Outside parties as programs of their own: they import nothing of the product and keep their own books."""
