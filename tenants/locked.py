"""The row of a centre, held against other writers until the transaction ends."""

from app.actor import Actor
from app.db import lock_row
from app.errors import NotFound
from tenants.models import Centre


def lock_centre(tenant_id: int) -> Centre:
    """A centre that the district changes.

    Raises:
        NotFound: there is no such centre.
    """
    centre = lock_row(Centre, tenant_id)
    if centre is None:
        raise NotFound(field="tenant_id")
    return centre


def lock_own_centre(by: Actor) -> Centre:
    """The centre of the actor.

    Raises:
        NotFound: the actor belongs to none.
    """
    centre = None if by.tenant_id is None else lock_row(Centre, by.tenant_id)
    if centre is None:
        raise NotFound
    return centre
