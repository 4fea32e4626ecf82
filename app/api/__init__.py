"""The API for programs, ``/api/v1``: made from use cases and declared reads; nothing is written twice."""
