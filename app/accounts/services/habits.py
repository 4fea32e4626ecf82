"""How a person likes to work."""

from typing import Annotated

from pydantic import Field

from app import audit
from app.accounts.models import Account
from app.actor import Actor
from app.db import lock_row
from app.errors import InvalidInput, NotFound
from app.i18n import gettext
from app.keys import SCHEMES
from app.use_cases import use_case


@use_case("accounts.self.manage", database="control")
def choose_keys(*, scheme: Annotated[str, Field(max_length=20)] = "", by: Actor) -> Account:
    """Work with the keys of a scheme, or with "" as the centre has them.

    Raises:
        NotFound: the actor has no account.
        InvalidInput: there is no such scheme.
    """
    if scheme and scheme not in SCHEMES:
        raise InvalidInput({"scheme": [gettext("Please choose one of the list.")]})
    account = lock_row(Account, by.account_id)
    if account is None:
        raise NotFound
    account.key_scheme = scheme
    audit.record("account.keys_chosen", account, by=by, scheme=scheme)
    return account
