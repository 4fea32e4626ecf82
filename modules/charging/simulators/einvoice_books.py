"""The books of the played platform of electronic invoices: its own numbers, one invoice for each business number."""

import json
import random
import string
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

PROVINCE, KIND = "99", "0601"  # a province that does not exist; medical, outpatient
FOOT = ("pool", "other", "account", "cash")


class Refused(Exception):
    """The platform will not do it."""


@dataclass
class Kept:
    """An invoice as the platform keeps it."""

    unit: str
    business_no: str
    code: str
    number: str
    check_code: str
    total: str
    is_red: bool = False
    of: str = ""  # the business number of the blue one
    reversed_by: str = ""
    paper: str = ""  # code and number of the paper it was exchanged for
    payer: str = ""


class Books:
    """All that was issued."""

    def __init__(self, folder: Path | None, *, seed: int = 0, address: str = "http://127.0.0.1") -> None:
        self._file = folder / "invoices.json" if folder else None
        self._chance = random.Random(f"numbers.{seed}")  # noqa: S311  check codes of a play, no secrets
        self.address = address
        self.invoices: dict[str, Kept] = {}
        if self._file and self._file.exists():
            rows = json.loads(self._file.read_text(encoding="utf-8"))
            self.invoices = {key: Kept(**row) for key, row in rows.items()}

    def keep(self) -> None:
        """Write everything down."""
        if self._file:
            rows = {key: asdict(row) for key, row in self.invoices.items()}
            self._file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")

    def do(self, service: str, unit: str, year: str, told: dict[str, Any]) -> dict[str, Any]:
        """Carry one service out.

        Raises:
            Refused: it may not be done.
        """
        acts = {"issue": self._issue, "red": self._red, "query": self._query, "exchange": self._exchange}
        if service not in acts:
            raise Refused("没有这个服务")
        return acts[service](unit, year, told)

    def _issue(self, unit: str, year: str, told: dict[str, Any]) -> dict[str, Any]:
        total = Decimal(told["totalAmt"])
        foot, items = told["foot"], told["items"]
        if total <= 0 or sum(Decimal(item["amt"]) for item in items) != total:
            raise Refused("开票项目合计与总金额不符")
        if sum(Decimal(foot[name]) for name in FOOT) != total:
            raise Refused("支付金额合计与总金额不符")
        return self._once(unit, year, told, payer=told["payer"]["name"])

    def _red(self, unit: str, year: str, told: dict[str, Any]) -> dict[str, Any]:
        blue = next(
            (
                row
                for row in self.invoices.values()
                if (row.unit, row.code, row.number) == (unit, told["billCode"], told["billNo"])
            ),
            None,
        )
        if blue is None or blue.is_red or Decimal(blue.total) != -Decimal(told["totalAmt"]):
            raise Refused("原票据不存在或金额不符")
        if blue.reversed_by and blue.reversed_by != told["busNo"]:
            raise Refused("原票据已冲红")
        blue.reversed_by = told["busNo"]
        return self._once(unit, year, told, is_red=True, of=blue.business_no, payer=blue.payer)

    def _once(self, unit: str, year: str, told: dict[str, Any], **facts: Any) -> dict[str, Any]:
        """The same business number is the same invoice, however often it is asked for."""
        key = f"{unit}/{told['busNo']}"
        found = self.invoices.get(key)
        if found is None:
            found = self.invoices[key] = Kept(
                unit=unit,
                business_no=told["busNo"],
                code=f"{PROVINCE}{KIND}{year}",
                number=f"{len(self.invoices) + 1:010d}",
                check_code="".join(self._chance.choices(string.ascii_lowercase + string.digits, k=6)),
                total=str(Decimal(told["totalAmt"])),
                **facts,
            )
        elif Decimal(found.total) != Decimal(told["totalAmt"]):
            raise Refused("业务流水号重复，金额不符")
        return self._shown(found)

    def _query(self, unit: str, year: str, told: dict[str, Any]) -> dict[str, Any]:
        found = self.invoices.get(f"{unit}/{told['busNo']}")
        return {"found": False} if found is None else self._shown(found) | {"found": True}

    def _exchange(self, unit: str, year: str, told: dict[str, Any]) -> dict[str, Any]:
        found = self.invoices.get(f"{unit}/{told['busNo']}")
        if found is None or found.is_red:
            raise Refused("票据不存在")
        wanted = told["paperNo"]
        if found.paper and wanted != found.paper and told["replaces"] != found.paper:
            raise Refused("该票据已换开纸质票据")
        found.paper = wanted
        return {"paperNo": wanted}

    def _shown(self, row: Kept) -> dict[str, Any]:
        return {
            "billCode": row.code,
            "billNo": row.number,
            "checkCode": row.check_code,
            "pictureUrl": f"{self.address}/look/{row.code}/{row.number}/{row.check_code}",
            "totalAmt": row.total,
            "paperNo": row.paper,
        }
