"""Plain facts handed in by the checkout, and what was exchanged, as arguments of use cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from app import clock
from app.money import Amount, Quantity, UnitPrice
from modules.insurance.gateways.insurer import Said
from modules.insurance.models import Outcome

Code = Annotated[str, Field(max_length=40)]
Name = Annotated[str, Field(max_length=200)]
Body = Annotated[str, Field(max_length=8_000_000)]
RowId = Annotated[int, Field(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisFact:
    """A diagnosis of the visit, main one first; the code is of the insurance edition."""

    code: Code
    name: Annotated[str, Field(max_length=300)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """What the insurer is told of a visit."""

    visit_id: int
    patient_id: int
    begun_at: datetime
    department_code: Code
    department_name: Name
    doctor_code: Code = ""
    doctor_name: Name = ""
    med_type: Annotated[str, Field(max_length=6)] = "11"
    diagnoses: Annotated[tuple[DiagnosisFact, ...], Field(max_length=30)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """One fee line of ours. Without a national code, the mapping in force gives it."""

    line_id: int
    item_kind: Annotated[str, Field(max_length=20)]
    item_code: Annotated[str, Field(max_length=30)]
    name: Annotated[str, Field(max_length=160)]
    quantity: Quantity
    price: UnitPrice
    amount: Amount
    fee_class: Annotated[str, Field(max_length=4)]
    national_code: Annotated[str, Field(max_length=30)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeFact:
    """A message that was sent and what came back."""

    infno: Annotated[str, Field(max_length=6)]
    msgid: Annotated[str, Field(max_length=30)]
    request: Body
    answer: Body
    outcome: Outcome
    took_ms: int
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """How the insurer shared out a fee line (2204)."""

    line_id: int
    level: Annotated[str, Field(max_length=4)]
    full_own: Decimal
    over_limit: Decimal
    first_pay: Decimal
    in_scope: Decimal


def exchange_facts(said: Iterable[Said]) -> list[ExchangeFact]:
    """What was said, ready to be kept."""
    return [
        ExchangeFact(
            infno=one.infno,
            msgid=one.msgid,
            request=one.request,
            answer=one.answer,
            outcome=one.outcome,
            took_ms=one.took_ms,
            said_at=clock.now(),
        )
        for one in said
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePart:
    """What a page of the insurer's catalogues says of one code; empty where its trade does not speak of it."""

    code: Annotated[str, Field(min_length=1, max_length=30)]
    name: Annotated[str, Field(max_length=160)] = ""
    spec: Annotated[str, Field(max_length=100)] = ""
    unit: Annotated[str, Field(max_length=20)] = ""
    level: Annotated[str, Field(max_length=4)] = ""
    fee_class: Annotated[str, Field(max_length=4)] = ""
    ceiling: UnitPrice | None = None
    self_pay_ratio: Annotated[Decimal, Field(ge=0, le=1)] | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> "CataloguePart":
        """A row of 1301, 1302, 1305, 1306, 1318 or 1319."""
        ceiling, ratio = row.get("hilist_pric_uplmt_amt"), row.get("selfpay_prop")
        return cls(
            code=str(row.get("med_list_codg") or row.get("hilist_code") or "")[:30],
            name=str(row.get("reg_name", ""))[:160],
            spec=str(row.get("spec", ""))[:100],
            unit=str(row.get("unit", ""))[:20],
            level=str(row.get("chrgitm_lv", ""))[:4],
            fee_class=str(row.get("med_chrgitm_type", ""))[:4],
            ceiling=None if ceiling in (None, "") else Decimal(str(ceiling)),
            self_pay_ratio=None if ratio in (None, "") else Decimal(str(ratio)),
        )
