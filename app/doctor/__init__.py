"""``flask doctor``: is this installation as it should be, and what to do where it is not."""
