"""Which OpenSSL this process works with, for ``flask doctor``."""

import ssl


def openssl() -> str:
    """Its name and number."""
    return ssl.OPENSSL_VERSION


def is_mended() -> bool:
    """Whether its makers still mend it: 1.1.1 ended in September 2023."""
    return ssl.OPENSSL_VERSION_INFO >= (3,)
