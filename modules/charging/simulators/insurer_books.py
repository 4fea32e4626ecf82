"""The insurer's books: people, visits, fee lines, settlements, mappings; and what each trade does to them."""

import csv
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from modules.charging.simulators.insurer_catalogues import (
    EMPTY_CATALOGUES,
    LOOKED_UP,
    TRADES_OF_KIND,
    Answer,
    Catalogues,
    Refused,
)
from modules.charging.simulators.insurer_split import ZERO, Benefit, Standing, Terms, split_line, split_total
from modules.charging.simulators.insurer_stock import StockBooks
from modules.charging.simulators.keeping import Keeper


def _benefits() -> dict[str, Benefit]:
    return {
        "310": Benefit(Decimal(200), Decimal("0.60"), Decimal(3000)),
        "390": Benefit(Decimal(50), Decimal("0.50"), Decimal(400)),
    }


def _catalogue() -> dict[str, Terms]:
    file = Path(__file__).with_name("insurer_catalogue.csv")
    found = {}
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        ceiling = Decimal(row["ceiling"]) if row["ceiling"] else None
        found[row["code"]] = Terms(row["level"], Decimal(row["self_pay"]), ceiling, row["fee_class"], row)
    return found


class Books(Catalogues, StockBooks):
    """Everything the insurer knows; kept in a file when there is a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.file = folder / "insurer.json" if folder else None
        self.benefits, self.catalogue = _benefits(), _catalogue()
        self.people: dict[str, dict[str, Any]] = {}  # by document number
        self.standings: dict[str, Standing] = {}  # by psn_no and year
        self.visits: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, list[dict[str, Any]]] = {}  # of a visit, not settled yet
        self.settlements: dict[str, dict[str, Any]] = {}
        self.mappings: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Answer] = {}  # by msgid
        self.files: dict[str, str] = {}
        self.records: dict[str, dict[str, Any]] = {}  # of stock and sales
        self.packs: dict[str, dict[str, Any]] = {}  # by traceability code
        self.count = 0
        self.keeper = Keeper(self._write)
        self._trades: dict[str, Callable[[dict[str, Any], dict[str, Any]], Answer]] = {
            "9001": self._sign_in,
            "9101": self._take_file,
            "1101": self._person,
            "2201": self._begin_visit,
            "2202": self._cancel_visit,
            "2203A": self._take_diagnoses,
            "2204": self._take_lines,
            "2205": self._drop_lines,
            "2206": self._presettle,
            "2207": self._settle,
            "2208": self._cancel,
            "2601": self._reverse,
            "5203": self._show_settlements,
            "3201": self._compare_totals,
            "3202": self._compare_details,
            "3301": self._map,
            "3302": self._unmap,
        }
        self._trades |= self.stock_trades()
        self._trades |= dict.fromkeys((*TRADES_OF_KIND, *EMPTY_CATALOGUES, *LOOKED_UP), self._page)

    def do(self, message: dict[str, Any]) -> Answer:
        """Carry out a trade; a second arrival of the same message gets the first one's answer."""
        digest = hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()
        known = self.answers.get(message["msgid"])
        if known is not None:
            if known["digest"] != digest:
                raise Refused("报文流水号重复")
            return dict(known["output"])
        trade = self._trades.get(message["infno"])
        if trade is None:
            raise Refused(f"不支持的交易 {message['infno']}")
        output = trade(message["input"], message)
        self.answers[message["msgid"]] = {"digest": digest, "output": output}
        return output

    def next_number(self, mark: str) -> str:
        """A number of the insurer's own."""
        self.count += 1
        return f"{mark}{self.count:012d}"

    def enrol(self, number: str, **facts: Any) -> dict[str, Any]:
        """Insure a person, or change what is known of one."""
        digest = hashlib.sha256(number.encode()).hexdigest()
        person = self.people.setdefault(
            number,
            {
                "psn_no": f"99{int(digest[:15], 16):018d}"[:20],
                "certno": number,
                "name": "",
                "insutype": "310",
            },
        )
        person |= {key: value for key, value in facts.items() if key in ("name", "insutype")}
        standing = self.standings.setdefault(f"{person['psn_no']}", Standing())
        for key in ("deductible", "pool", "balance", "aid_ratio"):
            if key in facts:
                setattr(standing, key, Decimal(str(facts[key])))
        return person

    def _sign_in(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        day = message["inf_time"][:10].replace("-", "")
        return {
            "signinoutb": {
                "sign_time": message["inf_time"],
                "sign_no": f"S{day}{asked['signIn']['opter_no'][-12:]}",
            }
        }

    def _person(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        data = asked["data"]
        number = data.get("certno") or data["mdtrt_cert_no"]
        person = self.people.get(number) or self._born_insured(number, data.get("psn_name", ""))
        standing = self.standings[person["psn_no"]]
        name = person["name"] or data.get("psn_name", "")
        insured = {
            "insutype": person["insutype"],
            "balc": standing.balance,
            "psn_insu_stas": "1",
            "insuplc_admdvs": message["mdtrtarea_admvs"],
        }
        helped = [{"psn_idet_type": "0102", "memo": "医疗救助对象"}] if standing.aid_ratio else []
        base = {"psn_no": person["psn_no"], "psn_cert_type": "01", "certno": number, "psn_name": name}
        return {"baseinfo": base, "insuinfo": [insured], "idetinfo": helped}

    def _born_insured(self, number: str, name: str) -> dict[str, Any]:
        """About half of everybody is insured, always the same half."""
        digest = hashlib.sha256(number.encode()).digest()
        if digest[0] % 2:
            raise Refused("未查询到参保信息")
        is_employee = digest[1] % 3 != 0
        balance = Decimal(digest[2] * 256 + digest[3]) / 100 if is_employee else ZERO
        return self.enrol(number, name=name, insutype="310" if is_employee else "390", balance=balance)

    def _by_number(self, number: str) -> dict[str, Any]:
        found = next((one for one in self.people.values() if one["psn_no"] == number), None)
        if found is None:
            raise Refused("人员编号不存在")
        return found

    def _visit(self, asked: dict[str, Any]) -> dict[str, Any]:
        visit = self.visits.get(asked.get("mdtrt_id", ""))
        if visit is None or visit["psn_no"] != asked["psn_no"] or visit["is_cancelled"]:
            raise Refused("就诊信息不存在")
        return visit

    def _begin_visit(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        data = asked["data"]
        self._by_number(data["psn_no"])
        for visit in self.visits.values():
            if (
                visit["ipt_otp_no"] == data["ipt_otp_no"]
                and visit["psn_no"] == data["psn_no"]
                and not visit["is_cancelled"]
            ):
                return {"data": {key: visit[key] for key in ("mdtrt_id", "psn_no", "ipt_otp_no")}}
        number = self.next_number("M")
        self.visits[number] = {
            **data,
            "mdtrt_id": number,
            "is_cancelled": False,
            "fixmedins": message["fixmedins_code"],
        }
        self.lines[number] = []
        return {"data": {"mdtrt_id": number, "psn_no": data["psn_no"], "ipt_otp_no": data["ipt_otp_no"]}}

    def _cancel_visit(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        visit = self._visit(asked["data"])
        if self.lines[visit["mdtrt_id"]] or self._valid(visit["mdtrt_id"]):
            raise Refused("存在未撤销的费用或结算")
        visit["is_cancelled"] = True
        return {}

    def _take_diagnoses(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        visit = self._visit(asked["mdtrtinfo"])
        if not asked["diseinfo"]:
            raise Refused("诊断信息不能为空")
        visit["med_type"], visit["diseinfo"] = asked["mdtrtinfo"]["med_type"], asked["diseinfo"]
        return {}

    def _take_lines(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        results = []
        for line in asked["feedetail"]:
            visit = self._visit(line)
            terms = self.catalogue.get(line["med_list_codg"], Terms())
            amount, price, count = (Decimal(line[key]) for key in ("det_item_fee_sumamt", "pric", "cnt"))
            kept = {
                "feedetl_sn": line["feedetl_sn"],
                "chrg_bchno": line["chrg_bchno"],
                "det_item_fee_sumamt": amount,
                "pric": price,
                "cnt": count,
                "pric_uplmt_amt": terms.ceiling if terms.ceiling is not None else Decimal(999999),
                "selfpay_prop": Decimal(1) if terms.level == "03" else terms.self_pay,
                "chrgitm_lv": terms.level,
                "med_chrgitm_type": terms.fee_class,
                **split_line(amount, price, count, terms),
            }
            if any(one["feedetl_sn"] == kept["feedetl_sn"] for one in self.lines[visit["mdtrt_id"]]):
                raise Refused("费用明细流水号重复")
            self.lines[visit["mdtrt_id"]].append(kept)
            results.append(kept)
        return {"result": results}

    def _drop_lines(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        data = asked["data"]
        visit, batch = self._visit(data), data["chrg_bchno"]
        kept = [line for line in self.lines[visit["mdtrt_id"]] if batch not in ("0000", line["chrg_bchno"])]
        self.lines[visit["mdtrt_id"]] = kept
        return {}

    def _reckoned(self, data: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]], Answer]:
        visit = self._visit(data)
        lines = [line for line in self.lines[visit["mdtrt_id"]] if line["chrg_bchno"] == data["chrg_bchno"]]
        if not lines:
            raise Refused("没有未结算的费用明细")
        if sum((line["det_item_fee_sumamt"] for line in lines), ZERO) != Decimal(data["medfee_sumamt"]):
            raise Refused("费用总额与明细不符")
        person = self._by_number(data["psn_no"])
        found = split_total(
            lines,
            self.benefits[person["insutype"]],
            self.standings[person["psn_no"]],
            uses_account=data["acct_used_flag"] == "1",
        )
        return (
            visit,
            lines,
            {
                "psn_no": data["psn_no"],
                "mdtrt_id": visit["mdtrt_id"],
                "insutype": person["insutype"],
                **found,
            },
        )

    def _presettle(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        return {"setlinfo": self._reckoned(asked["data"])[2]}

    def _settle(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        visit, lines, info = self._reckoned(asked["data"])
        standing = self.standings[info["psn_no"]]
        standing.deductible += info["act_pay_dedc"]
        standing.pool += info["hifp_pay"]
        standing.balance -= info["acct_pay"]
        number = self.next_number("SETL")
        info |= {
            "setl_id": number,
            "setl_time": message["inf_time"],
            "medins_setl_id": message["msgid"],
            "clr_type": "11",
        }
        self.settlements[number] = {
            "info": info,
            "lines": lines,
            "is_cancelled": False,
            "fixmedins": visit["fixmedins"],
        }
        self.lines[visit["mdtrt_id"]] = [line for line in self.lines[visit["mdtrt_id"]] if line not in lines]
        return {"setlinfo": info}

    def _cancel(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        data = asked["data"]
        kept = self.settlements.get(data["setl_id"])
        if kept is None or kept["info"]["psn_no"] != data["psn_no"]:
            raise Refused("结算信息不存在")
        if kept["is_cancelled"]:
            raise Refused("该结算已撤销")
        return {"setlinfo": self._undo(kept)}

    def _undo(self, kept: dict[str, Any]) -> Answer:
        info = kept["info"]
        kept["is_cancelled"] = True
        standing = self.standings[info["psn_no"]]
        standing.deductible -= info["act_pay_dedc"]
        standing.pool -= info["hifp_pay"]
        standing.balance += info["acct_pay"]
        self.lines[info["mdtrt_id"]] += kept["lines"]
        mirror = {
            key: -value if isinstance(value, Decimal) and key != "balc" else value
            for key, value in info.items()
        }
        return {**mirror, "setl_id": self.next_number("CANC"), "balc": standing.balance}

    def _reverse(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        """Undo a trade whose answer was lost; one that never arrived is done with as well."""
        data = asked["data"]
        self.answers.setdefault(data["omsgid"], {"digest": "", "output": {}})  # it may still be on its way
        for kept in self.settlements.values():
            if kept["info"]["medins_setl_id"] == data["omsgid"] and not kept["is_cancelled"]:
                self._undo(kept)
        return {}

    def _valid(self, mdtrt_id: str) -> list[Answer]:
        return [
            one["info"]
            for one in self.settlements.values()
            if one["info"]["mdtrt_id"] == mdtrt_id and not one["is_cancelled"]
        ]

    def _show_settlements(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        data = asked["data"]
        wanted = data.get("setl_id", "")
        return {
            "setlinfo": [info for info in self._valid(data["mdtrt_id"]) if wanted in ("", info["setl_id"])]
        }

    def keep(self) -> None:
        """Keep the books."""
        self.keeper.changed()

    def _write(self) -> None:
        if self.file is None:
            return
        names: tuple[str, ...] = (
            "people",
            "visits",
            "lines",
            "settlements",
            "mappings",
            "answers",
            "files",
            "count",
        )
        names += ("records", "packs")
        told = {name: getattr(self, name) for name in names}
        told["standings"] = {
            key: [one.deductible, one.pool, one.balance, one.aid_ratio] for key, one in self.standings.items()
        }
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(told, default=_plain, ensure_ascii=False), encoding="utf-8")
        part.replace(self.file)

    def read(self) -> None:
        """The books as they were kept; empty ones when there are none."""
        if self.file is None or not self.file.exists():
            return
        told = json.loads(self.file.read_text(encoding="utf-8"), object_hook=_from_plain)
        for key, amounts in told.pop("standings").items():
            self.standings[key] = Standing(*amounts)
        for name, value in told.items():
            setattr(self, name, value)


def _plain(value: Any) -> Any:
    return {"decimal": str(value)}


def _from_plain(value: dict[str, Any]) -> Any:
    return Decimal(value["decimal"]) if set(value) == {"decimal"} else value
