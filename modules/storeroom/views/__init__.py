"""Pages of the storeroom."""

from modules.storeroom.views import counts, purchasing, removals, requisitions
from modules.storeroom.views.pages import blueprint

__all__ = ["blueprint", "counts", "purchasing", "removals", "requisitions"]
