"""Pure rules of insurance: shares, identities, messages."""
