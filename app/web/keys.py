"""The keys of whoever looks at the page: a person's own choice, else the centre's."""

from collections.abc import Mapping

from flask import Flask, g

from app import keys
from app.tenancy import setting
from app.web.access import find_actor


def install(app: Flask) -> None:
    """Give every template the keys of its reader."""
    app.jinja_env.globals.update(key_of=key_of, keys_of_reader=keys_of_reader)


def scheme_of_reader() -> str:
    """The scheme in force for this request."""
    actor = find_actor()
    if actor is None:
        return keys.STANDARD
    own: str = g.signed_in.key_scheme if "signed_in" in g else ""
    return own or str(setting(actor.tenant_id, "keys", keys.STANDARD))


def key_of(key: str) -> str:
    """The reader's key for what the standard does with ``key``."""
    return keys.key_in(scheme_of_reader(), key)


def keys_of_reader() -> Mapping[str, str]:
    """For the scripts: the standard's key → the reader's, where it differs."""
    return keys.SCHEMES.get(scheme_of_reader(), {})
