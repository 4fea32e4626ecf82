"""Pages of the storeroom."""

from modules.storeroom.views import purchasing
from modules.storeroom.views.pages import blueprint

__all__ = ["blueprint", "purchasing"]
