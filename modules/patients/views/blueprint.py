"""The blueprint that the pages of residents' files share."""

from typing import Any

from flask import Blueprint

from modules.patients.rules.names import mask_identifier

blueprint = Blueprint("patients", __name__, template_folder="../templates", url_prefix="/patients")


@blueprint.context_processor
def words() -> dict[str, Any]:
    """What the templates of these pages may ask."""
    return {"mask_identifier": mask_identifier}
