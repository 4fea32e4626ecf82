"""The insurer as a program of its own, with the person of G4 and a centre that is connected to it."""

from collections.abc import Iterator

import pytest

from app.actor import Actor
from modules.charging.simulators.insurer import KEY, Insurer, serving
from modules.insurance import services

NUMBER = "990000198506152462"


@pytest.fixture
def insurer() -> Insurer:
    """An insurer with the parameters of G4 and the person of G4."""
    made = Insurer()
    made.told_to("/benefits", {"insutype": "310", "deductible": 200, "ratio": "0.60", "cap": 500})
    made.books.enrol(NUMBER, name="王测试", insutype="310", deductible=150, pool=300, balance=100)
    return made


@pytest.fixture
def insurer_address(insurer: Insurer) -> Iterator[str]:
    """Where the insurer listens."""
    with serving(insurer) as url:
        yield url


@pytest.fixture
def connected(insurer_address: str, administrator: Actor) -> None:
    """Our centre is connected, its items are mapped."""
    services.connect(
        institution_code="H11010500001",
        institution_name="城东社区卫生服务中心",
        region="110105",
        base_url=insurer_address,
        key=KEY,
        by=administrator,
    )
    services.load_demo_mappings(by=administrator)
