"""The API for programs, ``/api/v1``: made from the use cases and the declared reads; nothing is written twice."""
