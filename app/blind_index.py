"""Finding sensitive values without reading them: a keyed digest beside the field, exact match only."""

import hashlib
import hmac
import unicodedata

from flask import current_app


def blind_index(value: str, *, purpose: str) -> str:
    """Keyed digest of a normalised value (trimmed, NFKC, upper). The purpose keeps columns apart."""
    key = current_app.extensions["his_settings"].index_key.encode()
    text = unicodedata.normalize("NFKC", value).strip().upper()
    return hmac.new(key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:40]
