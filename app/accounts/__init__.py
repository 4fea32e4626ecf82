"""Accounts, memberships in centres, roles and sign-ins."""
