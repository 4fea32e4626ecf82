"""The national interface's envelope (C7): what every message carries, and what an answer says."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from modules.insurance.rules.split import LineSplit, Split, without_account

VERSION = "V1.0"
SERIALS = 10_000
AMOUNTS = {
    "total": "medfee_sumamt",
    "full_own": "fulamt_ownpay_amt",
    "over_limit": "overlmt_selfpay",
    "first_pay": "preselfpay_amt",
    "in_scope": "inscp_scp_amt",
    "deductible": "act_pay_dedc",
    "pool": "hifp_pay",
    "civil_servant": "cvlserv_pay",
    "large": "hifob_pay",
    "serious_illness": "hifmi_pay",
    "enterprise": "hifes_pay",
    "medical_aid": "maf_pay",
    "other": "oth_pay",
    "fund": "fund_pay_sumamt",
    "hospital": "hosp_part_amt",
    "personal": "psn_part_amt",
    "account": "acct_pay",
    "mutual_aid": "acct_mulaid_pay",
    "cash": "psn_cash_pay",
}
LINE_AMOUNTS = {
    "amount": "det_item_fee_sumamt",
    "full_own": "fulamt_ownpay_amt",
    "over_limit": "overlmt_amt",
    "first_pay": "preselfpay_amt",
    "in_scope": "inscp_scp_amt",
}


class NotUnderstood(ValueError):
    """An answer without what it must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who speaks: the institution, and the operator at the desk."""

    institution: str
    name: str
    region: str
    sign_type: str
    operator: str
    operator_name: str
    sign_no: str = ""


def message_id(institution: str, moment: datetime, serial: int) -> str:
    """30 characters: institution, moment by the wall clock, serial."""
    return f"{institution:0<12.12}{moment:%Y%m%d%H%M%S}{serial % SERIALS:04d}"


def envelope(
    infno: str,
    inputs: dict[str, Any],
    sender: Sender,
    *,
    msgid: str,
    moment: datetime,
    insured_region: str = "",
) -> bytes:
    """A whole message, as it is signed and sent."""
    message = {
        "infno": infno,
        "msgid": msgid,
        "mdtrtarea_admvs": sender.region,
        "insuplc_admdvs": insured_region,
        "recer_sys_code": "HIS",
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": sender.sign_type,
        "infver": VERSION,
        "opter_type": "1",
        "opter": sender.operator,
        "opter_name": sender.operator_name,
        "inf_time": f"{moment:%Y-%m-%d %H:%M:%S}",
        "fixmedins_code": sender.institution,
        "fixmedins_name": sender.name,
        "sign_no": sender.sign_no,
        "input": inputs,
    }
    return json.dumps(message, default=str, ensure_ascii=False).encode()


def read_answer(body: bytes, msgid: str) -> dict[str, Any]:
    """The answer's envelope, if it is one and speaks of our message.

    Raises:
        NotUnderstood: it is something else.
    """
    try:
        found = json.loads(body)
    except ValueError as fault:
        raise NotUnderstood("not JSON") from fault
    if not isinstance(found, dict) or "infcode" not in found:
        raise NotUnderstood("no envelope")
    if found.get("inf_refmsgid", msgid) != msgid or not isinstance(found.get("output", {}), dict):
        raise NotUnderstood("of another message")
    return found


def amount_of(value: Any) -> Decimal:
    """An amount as the insurer writes it: text or number, to the fen.

    Raises:
        NotUnderstood: it is none, or finer than a fen.
    """
    try:
        found = Decimal(str(value)).quantize(Decimal("0.01"))
        is_exact = found == Decimal(str(value))
    except InvalidOperation as fault:
        raise NotUnderstood("an amount is no number") from fault
    if not is_exact or abs(found) >= Decimal(10) ** 12:
        raise NotUnderstood("an amount is finer than a fen")
    return found


def split_of(told: Any, *, fund_includes_account: bool = False) -> Split:
    """The amounts of a settlement as the insurer tells them.

    Raises:
        NotUnderstood: an amount is missing or none.
    """
    if not isinstance(told, dict) or "medfee_sumamt" not in told:
        raise NotUnderstood("no amounts")
    found = Split(**{name: amount_of(told.get(theirs) or 0) for name, theirs in AMOUNTS.items()})
    return without_account(found) if fund_includes_account else found


def line_split_of(told: dict[str, Any]) -> LineSplit:
    """The parts of a fee line as the insurer tells them."""
    return LineSplit(**{name: amount_of(told.get(theirs) or 0) for name, theirs in LINE_AMOUNTS.items()})


PERSONAL = frozenset(
    {"psn_no", "certno", "psn_name", "mdtrt_cert_no", "opter_name", "dr_name", "brdy", "emp_name"}
)
HEALTH = frozenset({"diag_code", "diag_name"})


def masked(told: Any) -> Any:
    """A message without what says who it is about, or what ails them."""
    if isinstance(told, dict):
        return {
            key: "***" if value and key in PERSONAL | HEALTH else masked(value) for key, value in told.items()
        }
    return [masked(part) for part in told] if isinstance(told, list) else told
