"""The insurer, over HTTP."""
