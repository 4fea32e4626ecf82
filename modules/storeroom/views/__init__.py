"""Pages of the storeroom."""

from modules.storeroom.views import adjustments, counts, purchasing, removals, reports, requisitions
from modules.storeroom.views.pages import blueprint

__all__ = ["adjustments", "blueprint", "counts", "purchasing", "removals", "reports", "requisitions"]
