"""Secrecy and proof: cipher suites, keys, sealed fields. The only room that talks to cryptographic libraries."""
