"""Which addresses a channel may have: the outside over TLS; this very machine in the clear, for the simulator."""

from urllib.parse import urlsplit

_HERE = {"127.0.0.1", "localhost"}


def is_channel_address(text: str, *, allow_here: bool) -> bool:
    """Whether requests with money in them may go there: no name, password, query or fragment inside."""
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or 0 < parts.port < 65_536
    except ValueError:
        return False
    if not parts.hostname or not port_is_fine or parts.username or parts.query or parts.fragment:
        return False
    if parts.hostname in _HERE:
        return allow_here and parts.scheme in {"http", "https"}
    return parts.scheme == "https"
