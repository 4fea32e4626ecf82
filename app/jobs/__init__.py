"""Long work: anything over a second is a job with progress, cancel and a result to download.

A job is a function under ``@job``; its row in the partition is the truth about its state, whoever works.
"""

from app.jobs.registry import Handle, Paper, job

__all__ = ["Handle", "Paper", "job"]
