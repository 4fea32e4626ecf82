"""Drugs that come in under special conditions (特殊管理, 冷链)."""

from decimal import Decimal

INSPECTED_BY_TWO = ("麻醉", "精一", "精二", "毒性", "放射")
COLD_FROM, COLD_TO = Decimal(2), Decimal(10)  # degrees; clinic handbook D1: 冷藏 2–10 ℃


def needs_two_signatures(special_control: str) -> bool:
    """Narcotic, psychotropic, toxic and radioactive drugs are inspected by two people (house list)."""
    return any(mark in special_control for mark in INSPECTED_BY_TWO)


def is_cold_chain(special_control: str) -> bool:
    """Whether the drug travels cold."""
    return "冷链" in special_control


def is_cold(temperature: Decimal | None) -> bool:
    """Whether a cold delivery arrived as it must."""
    return temperature is not None and COLD_FROM <= temperature <= COLD_TO
