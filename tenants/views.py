"""The look of a centre."""

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from app.errors import NotFound
from app.web.access import public

theme = Blueprint("theme", __name__)
PRESETS = {
    "teal": "#1f6f8b",
    "green": "#2f6b4f",
    "plum": "#7a4b94",
    "indigo": "#3a55a4",
    "slate": "#445566",
    "brick": "#9a4a2f",
}


@theme.get("/theme/<string:tenant_code>-<int:version>.css")
@public
def show_theme(tenant_code: str, version: int) -> ResponseReturnValue:
    """The centre's colours as a style sheet; a new version of the settings has a new address."""
    tenant = current_app.extensions["his_directory"].find_by_code(tenant_code)
    if tenant is None:
        raise NotFound
    brand = PRESETS.get(str(tenant.settings.get("theme", "teal")), PRESETS["teal"])
    red, green, blue = (int(brand[i : i + 2], 16) for i in (1, 3, 5))
    answer = Response(
        f":root{{--his-brand:{brand};--his-brand-rgb:{red},{green},{blue}}}\n", mimetype="text/css"
    )
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
