"""The blueprint of the cashier's pages."""

from flask import Blueprint

blueprint = Blueprint("charging", __name__, template_folder="../templates", url_prefix="/charging")
