"""Proving the books (账目核验): every night all identities of a centre; what fails is a task until it is explained."""
