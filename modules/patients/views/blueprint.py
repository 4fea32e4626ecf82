"""The blueprint that the pages of residents' files share."""

from typing import Any

from flask import Blueprint

from app.web.access import find_actor
from modules.patients.rules.names import mask_identifier

blueprint = Blueprint("patients", __name__, template_folder="../templates", url_prefix="/patients")


@blueprint.context_processor
def words() -> dict[str, Any]:
    """What the templates of these pages may ask."""
    actor = find_actor()  # nobody, on the page that refuses a stranger
    return {"may": actor.may if actor else lambda permission: False, "mask_identifier": mask_identifier}
