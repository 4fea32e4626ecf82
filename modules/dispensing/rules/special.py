"""Which drugs two people sign for at the hand-out, and stand in the register book.

Source: 麻醉药品和精神药品管理条例 and 处方管理办法 (2007): narcotic and first-class psychotropic drugs.
"""

TWO_SIGNATURES = ("麻醉", "精一")
SHEET = "narcotic"  # narcotic and first-class psychotropic drugs share one kind of sheet


def needs_two_signatures(sheet: str) -> bool:
    """Whether drugs of this kind of sheet are handed out by two people."""
    return sheet == SHEET
