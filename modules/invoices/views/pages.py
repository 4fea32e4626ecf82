"""The blueprint that the pages of invoices share."""

from flask import Blueprint

blueprint = Blueprint("invoices", __name__, template_folder="../templates", url_prefix="/invoices")
