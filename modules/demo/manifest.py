"""What the demo district adds to the product: commands, no page."""

from app.i18n import N_
from app.registry import Module
from modules.demo import cli

module = Module(
    name="demo",
    label=N_("Demo district"),
    requires=("insurance", "invoices", "reconciliation", "dispensing"),
    commands=cli.COMMANDS,
)
