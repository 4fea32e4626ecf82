"""Building the district and playing its days."""

from modules.demo.services.channels import connect_centres
from modules.demo.services.day import Report, play_day
from modules.demo.services.district import PASSWORD, centres_of_district, load_shared_data
from modules.demo.services.history import add_up, reconcile_days
from modules.demo.services.insurer import connect_insurers
from modules.demo.services.invoices import connect_platforms
from modules.demo.services.outside import Outside, playing
from modules.demo.services.town import Town

__all__ = [
    "PASSWORD",
    "Outside",
    "Report",
    "Town",
    "add_up",
    "centres_of_district",
    "connect_centres",
    "connect_insurers",
    "connect_platforms",
    "load_shared_data",
    "play_day",
    "playing",
    "reconcile_days",
]
