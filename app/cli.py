"""Commands for operators: ``flask db upgrade``, ``flask relay``, ``flask audit verify``, ``flask check``."""
