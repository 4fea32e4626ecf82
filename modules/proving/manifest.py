"""What proving adds to the product."""

from datetime import time

from app.i18n import N_
from app.registry import Daily, MenuEntry, Module, Permission, Pursuit, Waiting
from modules.proving import queries, views
from modules.proving.services import conduct

module = Module(
    name="proving",
    label=N_("Proof of the books"),
    requires=("patients",),
    is_optional=False,
    blueprints=(views.blueprint,),
    menu=(
        MenuEntry(
            N_("Proof of the books"),
            "proving.show_proofs",
            "circle-check",
            "proving.night.view",
            "administration",
            39,
        ),
    ),
    waiting=(
        Waiting(
            N_("Identities to explain"),
            "proving.fault.explain",
            "proving.show_proofs",
            lambda by: queries.waiting_faults(),
            "alert-triangle",
            nothing=N_("What does not add up in money or stock appears here after the night."),
            order=53,
        ),
    ),
    acts={
        "proof.begun": N_("Proof of the books asked for"),
        "proof.noted": N_("Books proven"),
        "fault.explained": N_("Failing identity explained"),
    },
    permissions=(
        Permission(
            "proving.night.view",
            N_("See the proofs of the books"),
            ("accountant", "administrator", "auditor"),
        ),
        Permission("proving.night.prove", N_("Have the books proven"), ("accountant", "administrator")),
        Permission("proving.fault.explain", N_("Explain what does not add up"), ("accountant",)),
    ),
    daily=(Daily("proving.begin_night", time(2, 0)),),
    pursues=(Pursuit(queries.centres_due, conduct.pursue),),
)
