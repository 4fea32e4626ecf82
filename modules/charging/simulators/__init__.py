"""Outside systems played for tests and demonstrations: programs of their own that import nothing of the product."""
