"""The demonstration's insurer: the demo centres are connected to it, their items mapped, the region's rules set."""

from datetime import date

from app.actor import system_actor
from app.db import tenant_unit
from app.tenancy import Tenant, directory
from modules.demo.rules.district import CENTRES
from modules.demo.services.district import play
from modules.insurance import queries
from modules.insurance import services as insurance

KEY = "demonstration key of the insurer"  # the simulator's own, known to everybody
RULES = (("310", "200.00", "0.6", "3000.00"), ("390", "50.00", "0.5", "400.00"))
BEGINNING = date(2026, 1, 1)


def connect_insurers(url: str) -> int:
    """Connect every demo centre to the simulated insurer at this address; returns how many."""
    codes = {plan.code for plan in CENTRES}
    centres = [one for one in directory().all_active() if one.code in codes and "insurance" in one.modules]
    for centre in centres:
        _connect(centre, url)
    return len(centres)


def _connect(centre: Tenant, url: str) -> None:
    with tenant_unit(centre.id):
        before = queries.find_connection()
        if before is not None and before.base_url == url:
            return
    by = system_actor(centre.id)
    play(
        "insurance.connect",
        institution_code=f"H990000{centre.id % 100000:05d}",
        institution_name=centre.name,
        region="990000",
        base_url=url,
        key=KEY,
        by=by,
    )
    if before is not None:
        return
    insurance.load_demo_mappings(by=by)
    for insutype, deductible, ratio, cap in RULES:
        play(
            "insurance.set_rule",
            insutype=insutype,
            med_type="11",
            deductible_amount=deductible,
            ratio=ratio,
            cap_amount=cap,
            valid_from=BEGINNING,
            by=by,
        )
