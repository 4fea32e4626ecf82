"""The demonstration's insurer: one centre is connected to it, its items mapped, the region's rules set."""

from datetime import date

from app.db import tenant_unit
from app.tenancy import directory
from modules.demo.services.district import Centre, play
from modules.insurance import queries
from modules.insurance import services as insurance

KEY = "demonstration key of the insurer"  # the simulator's own, known to everybody
RULES = (("310", "200.00", "0.6", "3000.00"), ("390", "50.00", "0.5", "400.00"))
BEGINNING = date(2026, 1, 1)


def connect_insurer(centre: Centre, url: str) -> None:
    """Connect a centre to the simulated insurer at this address; one that is connected stays as it is."""
    with tenant_unit(centre.tenant_id):
        if queries.find_connection() is not None:
            return
    by, name = centre.system, directory().get(centre.tenant_id).name
    play(
        "insurance.connect",
        institution_code=f"H990000{centre.tenant_id % 100000:05d}",
        institution_name=name,
        region="990000",
        base_url=url,
        key=KEY,
        by=by,
    )
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
