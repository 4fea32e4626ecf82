"""What is said to the platform of electronic invoices and what comes back; field names as it prints them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import Field

from modules.invoices.rules.foot import Foot

CODE, NUMBER, CHECK_CODE = r"[0-9]{8}", r"[0-9]{10}", r"[0-9A-Za-z]{6}"


class NotUnderstood(ValueError):
    """An answer that is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a message reaches the platform: the address, the key, and the institution's code there."""

    base_url: str
    key: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What the platform gives an invoice: code, number, check code, and where it can be looked at."""

    code: Annotated[str, Field(max_length=8)]
    number: Annotated[str, Field(max_length=10)]
    check_code: Annotated[str, Field(max_length=6)]
    url: Annotated[str, Field(max_length=200)]
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Whom an invoice is for, and the visit it is about."""

    name: str
    sex: str
    visit_number: str
    visited_on: str
    institution_kind: str
    insurance_kind: str = ""
    insurance_no: str = ""


def envelope(unit: str, service: str, msgid: str, moment: str, told: Mapping[str, Any]) -> bytes:
    """A message, ready to be signed."""
    made = {"unit": unit, "service": service, "msgid": msgid, "time": moment, "data": told}
    return json.dumps(made, ensure_ascii=False, default=str, separators=(",", ":")).encode()


def blue_told(
    *,
    business_no: str,
    payer: Payer,
    foot: Foot,
    lines: Iterable[tuple[str, str, Decimal]],
    details: Iterable[Mapping[str, str]],
    cashier: str,
) -> dict[str, Any]:
    """A blue invoice to be issued: lines by fee class, and the detail list (清单)."""
    return {
        "busNo": business_no,
        "payer": asdict(payer),
        "totalAmt": str(foot.total),
        "foot": {name: str(amount) for name, amount in asdict(foot).items() if name != "total"},
        "items": [{"code": code, "name": name, "amt": str(amount)} for code, name, amount in lines],
        "list": list(details),
        "operator": cashier,
    }


def red_told(*, business_no: str, blue: Issued, reason: str, cashier: str) -> dict[str, Any]:
    """The red invoice of a blue one (冲红)."""
    return {
        "busNo": business_no,
        "billCode": blue.code,
        "billNo": blue.number,
        "totalAmt": str(-blue.total),
        "reason": reason,
        "operator": cashier,
    }


def exchange_told(*, blue_no: str, code: str, number: str, replaces: str) -> dict[str, Any]:
    """The paper that was printed in the place of an electronic invoice (换开纸质)."""
    return {"busNo": blue_no, "paperCode": code, "paperNo": number, "replaces": replaces}


def read_answer(body: bytes, msgid: str) -> dict[str, Any]:
    """The envelope of an answer.

    Raises:
        NotUnderstood: it is none, or answers something else.
    """
    try:
        told = json.loads(body)
    except ValueError as fault:
        raise NotUnderstood from fault
    if not isinstance(told, dict) or told.get("msgid") != msgid or "code" not in told:
        raise NotUnderstood
    return told


def issued_of(told: Mapping[str, Any]) -> Issued:
    """The numbers of an issued invoice.

    Raises:
        NotUnderstood: one of them has not the shape it must have (8 digits, 10 digits, 6 characters).
    """
    found = {name: str(told.get(key, "")) for name, key in _KEYS.items()}
    for name, shape in (("code", CODE), ("number", NUMBER), ("check_code", CHECK_CODE)):
        if not re.fullmatch(shape, found[name]):
            raise NotUnderstood(name)
    if not found["url"].startswith(("http://", "https://")) or len(found["url"]) > 200:
        raise NotUnderstood("url")
    try:
        total = Decimal(str(told.get("totalAmt")))
    except InvalidOperation as fault:
        raise NotUnderstood("total") from fault
    return Issued(**found, total=total)


_KEYS = {"code": "billCode", "number": "billNo", "check_code": "checkCode", "url": "pictureUrl"}
