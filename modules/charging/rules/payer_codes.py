"""Whose payment code was scanned, by its first digits.

Source: the channels' public rules for codes that a payer shows; (verify) them when a channel announces new ones.
"""

from modules.charging.rules.tenders import TenderMethod

_BEGINNINGS = {
    TenderMethod.WECHAT: (("10", "11", "12", "13", "14", "15"), (18,)),
    TenderMethod.ALIPAY: (("25", "26", "27", "28", "29", "30"), tuple(range(16, 25))),
    TenderMethod.BANK_CARD: (("62",), (19,)),
    TenderMethod.DIGITAL_YUAN: (("01",), (19,)),
}


def method_of_code(code: str) -> TenderMethod | None:
    """The way of paying that a scanned code belongs to, or None."""
    if not code.isascii() or not code.isdigit():
        return None
    for method, (beginnings, lengths) in _BEGINNINGS.items():
        if code[:2] in beginnings and len(code) in lengths:
            return method
    return None
