"""The blueprint that the pages of payments share."""

from flask import Blueprint

blueprint = Blueprint("payments", __name__, template_folder="../templates", url_prefix="/payments")
