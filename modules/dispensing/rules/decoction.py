"""How a decoction is made (煎药): what goes in when.

Source: 医疗机构中药煎药室管理规范 (国中医药发〔2009〕3号), articles on soaking, two decoctions and special herbs.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from app.i18n import N_

HerbT = TypeVar("HerbT")

SOAK_MINUTES = 30
FIRST_MINUTES, SECOND_MINUTES = "20-30", "15-20"
# In the order in which the one who decocts comes to them; herbs without a footnote follow the first.
WAYS = {
    "先煎": N_("Decoct first: 10-15 minutes of boiling before the others"),
    "": N_("With all the others"),
    "包煎": N_("In a bag of cloth, with the others"),
    "捣碎": N_("Crush, then with the others"),
    "后下": N_("Add last: the last 5-10 minutes of the first decoction"),
    "另煎": N_("Decoct apart, then mix the liquids"),
    "烊化": N_("Melt in the strained liquid"),
    "冲服": N_("Powder, taken with the liquid"),
    "另包": N_("Packed apart, for the patient"),
}


class HerbGroup(Generic[HerbT]):
    """Herbs that are treated in one way; ``how`` is a text to be translated."""

    def __init__(self, footnote: str, herbs: Sequence[HerbT]) -> None:
        self.footnote, self.herbs = footnote, herbs
        self.how = WAYS.get(footnote, footnote)


def in_order(herbs: Sequence[tuple[str, HerbT]]) -> list[HerbGroup[HerbT]]:
    """Pairs of footnote and herb, grouped in the order of the work; an unknown footnote stands at the end."""
    found: dict[str, list[HerbT]] = {footnote: [] for footnote in WAYS}
    for footnote, herb in herbs:
        found.setdefault(footnote, []).append(herb)
    return [HerbGroup(footnote, members) for footnote, members in found.items() if members]
