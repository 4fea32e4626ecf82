"""Pages of distribution: the district's, and a centre's."""

from modules.distribution.views import deliveries, purchasing, shipping
from modules.distribution.views.deliveries import approved_plan
from modules.distribution.views.pages import blueprint

__all__ = ["approved_plan", "blueprint", "deliveries", "purchasing", "shipping"]
