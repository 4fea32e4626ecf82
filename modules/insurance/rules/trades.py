"""The content of the trades that speak of a visit: what goes in, and what is read out of the answers."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

DOCUMENT = (
    "02"  # the person is identified by the document of the insurer's own answer; a QR code is used once
)


def person_asked(card_type: str, card_no: str, name: str) -> dict[str, Any]:
    """1101: who is this."""
    number = card_no if card_type == DOCUMENT else ""
    return {
        "data": {
            "mdtrt_cert_type": card_type,
            "mdtrt_cert_no": card_no,
            "psn_cert_type": "01",
            "certno": number,
            "psn_name": name,
        }
    }


def visit_begun(
    facts: Mapping[str, Any], *, person_no: str, document_no: str, insutype: str
) -> dict[str, Any]:
    """2201: a person has come."""
    return {
        "data": {
            "psn_no": person_no,
            "insutype": insutype,
            "begntime": moment_of(facts["begun_at"]),
            "mdtrt_cert_type": DOCUMENT,
            "mdtrt_cert_no": document_no,
            "ipt_otp_no": str(facts["visit_id"]),
            "atddr_no": facts["doctor_code"],
            "dr_name": facts["doctor_name"],
            "dept_code": facts["department_code"],
            "dept_name": facts["department_name"],
            "caty": "A02",
        }
    }


def diagnoses_told(facts: Mapping[str, Any], *, mdtrt_id: str, person_no: str) -> dict[str, Any]:
    """2203A: what the person has."""
    begun = moment_of(facts["begun_at"])
    return {
        "mdtrtinfo": {
            "mdtrt_id": mdtrt_id,
            "psn_no": person_no,
            "med_type": facts["med_type"],
            "begntime": begun,
            "main_cond_dscr": "",
        },
        "diseinfo": [
            {
                "diag_type": "1",
                "diag_srt_no": str(position),
                "diag_code": diagnosis["code"],
                "diag_name": diagnosis["name"],
                "diag_dept": facts["department_name"],
                "dise_dor_no": facts["doctor_code"],
                "dise_dor_name": facts["doctor_name"],
                "diag_time": begun,
                "vali_flag": "1",
            }
            for position, diagnosis in enumerate(facts["diagnoses"], start=1)
        ],
    }


def lines_told(
    lines: Iterable[Any], *, mdtrt_id: str, person_no: str, batch_no: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """2204: what was done and given."""
    return {
        "feedetail": [
            {
                "feedetl_sn": str(line.id),
                "mdtrt_id": mdtrt_id,
                "psn_no": person_no,
                "chrg_bchno": batch_no,
                "rx_circ_flag": "0",
                "fee_ocur_time": moment_of(facts["begun_at"]),
                "med_list_codg": line.national_code,
                "medins_list_codg": line.item_code,
                "medins_list_name": line.name,
                "det_item_fee_sumamt": line.amount,
                "cnt": line.quantity,
                "pric": line.price,
                "bilg_dept_codg": facts["department_code"],
                "bilg_dept_name": facts["department_name"],
                "bilg_dr_codg": facts["doctor_code"],
                "bilg_dr_name": facts["doctor_name"],
                "hosp_appr_flag": "1",
            }
            for line in lines
        ]
    }


def batch_dropped(*, mdtrt_id: str, person_no: str, batch_no: str) -> dict[str, Any]:
    """2205: forget the lines of a batch."""
    return {"data": {"mdtrt_id": mdtrt_id, "psn_no": person_no, "chrg_bchno": batch_no}}


def settling(
    *,
    mdtrt_id: str,
    person_no: str,
    document_no: str,
    insutype: str,
    med_type: str,
    batch_no: str,
    total: Decimal,
    uses_account: bool,
) -> dict[str, Any]:
    """2206 and 2207: who pays what."""
    return {
        "data": {
            "psn_no": person_no,
            "mdtrt_cert_type": DOCUMENT,
            "mdtrt_cert_no": document_no,
            "med_type": med_type,
            "medfee_sumamt": total,
            "psn_setlway": "01",
            "mdtrt_id": mdtrt_id,
            "chrg_bchno": batch_no,
            "acct_used_flag": "1" if uses_account else "0",
            "insutype": insutype,
        }
    }


def settled_asked(*, mdtrt_id: str, person_no: str, setl_id: str = "") -> dict[str, Any]:
    """5203: which settlements are there."""
    return {"data": {"psn_no": person_no, "mdtrt_id": mdtrt_id, "setl_id": setl_id}}


def cancelling(*, mdtrt_id: str, person_no: str, setl_id: str) -> dict[str, Any]:
    """2208: take a settlement back."""
    return {"data": {"psn_no": person_no, "mdtrt_id": mdtrt_id, "setl_id": setl_id}}


def reversing(*, person_no: str, msgid: str) -> dict[str, Any]:
    """2601: undo the settling message whose answer never came."""
    return {"data": {"psn_no": person_no, "omsgid": msgid, "oinfno": "2207"}}


def found_settlement(
    output: Mapping[str, Any], *, msgid: str = "", setl_id: str = ""
) -> dict[str, Any] | None:
    """The settlement of our message, or of its number, in the answer to 5203."""
    rows = output.get("setlinfo") or []
    for row in [rows] if isinstance(rows, dict) else rows:
        if (msgid and row.get("medins_setl_id") == msgid) or (setl_id and row.get("setl_id") == setl_id):
            return dict(row)
    return None


def moment_of(text: str) -> str:
    """An ISO moment as messages write it."""
    return str(text)[:19].replace("T", " ")
