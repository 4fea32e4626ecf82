"""The look of a centre."""

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from app.errors import NotFound
from app.web.access import current_tenant, public, signed_in
from tenants import style

blueprint = Blueprint("theme", __name__)
PRESETS = {
    "teal": "#1f6f8b",
    "green": "#2f6b4f",
    "plum": "#7a4b94",
    "indigo": "#3a55a4",
    "slate": "#445566",
    "brick": "#9a4a2f",
}
DENSITIES = {  # text, small, field and row heights in pixels
    "compact": (12, 11, 26, 26),
    "large": (15, 13, 34, 38),
}


def sheet(theme: str, density: str) -> str:
    """The style sheet of a theme: one colour, and four heights except on tablets, which have their own."""
    brand = PRESETS.get(theme, PRESETS["teal"])
    red, green, blue = (int(brand[i : i + 2], 16) for i in (1, 3, 5))
    lines = [f":root{{--his-brand:{brand};--his-brand-rgb:{red},{green},{blue}}}"]
    if density in DENSITIES:
        text, small, control, row = DENSITIES[density]
        sizes = f"--his-text:{text}px;--his-small:{small}px;--his-control:{control}px;--his-row:{row}px"
        lines.append(f"@media (pointer:fine) and (min-width:1025px){{:root{{{sizes}}}}}")
    return "\n".join(lines) + "\n"


@blueprint.get("/theme/<string:tenant_code>-<int:version>.css")
@public
def show_theme(tenant_code: str, version: int) -> ResponseReturnValue:
    """The centre's colours as a style sheet; a new version of the settings has a new address."""
    tenant = current_app.extensions["his_directory"].find_by_code(tenant_code)
    if tenant is None:
        raise NotFound
    text = sheet(str(tenant.settings.get("theme", "teal")), str(tenant.settings.get("density", "normal")))
    answer = Response(text, mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@blueprint.get("/theme/sample/<string:theme>/<string:density>.css")
@public
def show_sample(theme: str, density: str) -> ResponseReturnValue:
    """A theme that is being tried on the settings page."""
    answer = Response(sheet(theme, density), mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@blueprint.get("/theme/logo/<string:digest>.png")
@signed_in
def show_logo(digest: str) -> ResponseReturnValue:
    """The logo of the reader's own centre; another logo has another address."""
    answer = Response(style.logo_file(current_tenant().id, digest), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.set_etag(digest)
    return answer.make_conditional(request)
