"""The blueprint of pharmacy and storeroom."""

from flask import Blueprint

blueprint = Blueprint("dispensing", __name__, template_folder="../templates", url_prefix="/dispensing")
