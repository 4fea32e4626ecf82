"""The insurer's trades about catalogues, mappings and the comparison of books."""

import base64
from decimal import Decimal
from typing import Any

from modules.charging.simulators.insurer_split import ZERO, Terms

PAGE = 50
TRADES_OF_KIND = {"1301": "drug", "1302": "herb", "1305": "service", "1306": "material"}
EMPTY_CATALOGUES = ("1303", "1304", "1307", "1308", "1309", "1310", "1311", "1313", "1314", "1315")
LOOKED_UP = ("1312", "1317", "1318", "1319", "1316")
Answer = dict[str, Any]


class Refused(Exception):
    """The insurer says no, and why."""


class Catalogues:
    """The part of the books that lists and compares."""

    catalogue: dict[str, Terms]
    mappings: dict[str, dict[str, Any]]
    files: dict[str, str]
    settlements: dict[str, dict[str, Any]]

    def next_number(self, mark: str) -> str:
        """A number of the insurer's own."""
        raise NotImplementedError

    def _settled_between(self, code: str, begin: str, end: str) -> list[Answer]:
        return [
            kept["info"]
            for kept in self.settlements.values()
            if kept["fixmedins"] == code
            and not kept["is_cancelled"]
            and begin <= kept["info"]["setl_time"][:10] <= end
        ]

    def _compare_totals(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        data = asked["data"]
        rows = [
            info
            for info in self._settled_between(
                message["fixmedins_code"], data["stmt_begndate"], data["stmt_enddate"]
            )
            if info["insutype"] == data["insutype"]
        ]
        names = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
        sums = {name: sum((info[name] for info in rows), ZERO) for name in names}
        is_equal = len(rows) == int(data["fixmedins_setl_cnt"]) and all(
            sums[name] == Decimal(data[name]) for name in names
        )
        return {
            "stmtinfo": {
                "stmt_rslt": "0" if is_equal else "1",
                "stmt_rslt_dscr": "平" if is_equal else "不平",
                **sums,
                "cnt": len(rows),
            }
        }

    def _take_file(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        number = self.next_number("F")
        self.files[number] = base64.b64decode(asked["fsUploadIn"]["in"]).decode()
        return {"file_qury_no": number, "filename": asked["fsUploadIn"]["filename"]}

    def _compare_details(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        """Their lines against ours: psn_no, mdtrt_id, setl_id, total, fund, account by tab."""
        data = asked["data"]
        if data["file_qury_no"] not in self.files:
            raise Refused("对账文件不存在")
        theirs = {
            line.split("\t")[2]: line.split("\t")
            for line in self.files[data["file_qury_no"]].splitlines()
            if line
        }
        ours = {
            info["setl_id"]: info
            for info in self._settled_between(
                message["fixmedins_code"], data["stmt_begndate"], data["stmt_enddate"]
            )
        }
        found = []
        for number in sorted({*theirs, *ours}):
            row, info = theirs.get(number), ours.get(number)
            if row is None or info is None:
                found.append(
                    {"setl_id": number, "stmt_rslt": "1" if info else "2"}
                )  # 1 only here, 2 only there
            elif [Decimal(part) for part in row[3:6]] != [
                info[key] for key in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
            ]:
                found.append({"setl_id": number, "stmt_rslt": "3"})
        return {"fileinfo": found}

    def _map(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        for row in asked["data"]:
            if row["med_list_codg"] not in self.catalogue:
                raise Refused(f"医保目录编码不存在 {row['med_list_codg']}")
            self.mappings[f"{message['fixmedins_code']}/{row['fixmedins_hilist_id']}"] = row
        return {}

    def _unmap(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        for row in asked["data"]:
            self.mappings.pop(f"{message['fixmedins_code']}/{row['fixmedins_hilist_id']}", None)
        return {}

    def _page(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        trade, data = message["infno"], asked["data"]
        rows = [self._told(trade, terms) for terms in self.catalogue.values() if self._is_of(trade, terms)]
        if trade in ("1316", "1317"):
            rows = [row for key, row in self.mappings.items() if key.startswith(message["fixmedins_code"])]
        size, number = min(PAGE, int(data.get("page_size", PAGE))), int(data.get("page_num", 1))
        pages = -(-len(rows) // size)
        part = rows[(number - 1) * size : number * size]
        return {
            "data": part,
            "pages": pages,
            "recordCounts": len(rows),
            "pageNum": number,
            "lastPage": number >= pages,
        }

    def _is_of(self, trade: str, terms: Terms) -> bool:
        if trade == "1318":
            return terms.ceiling is not None
        return trade in ("1312", "1319") or terms.texts["kind"] == TRADES_OF_KIND.get(trade)

    def _told(self, trade: str, terms: Terms) -> Answer:
        texts = terms.texts
        row: Answer = {
            "med_list_codg": texts["code"],
            "hilist_code": texts["code"],
            "begndate": "2026-01-01",
            "enddate": "",
        }
        if trade == "1318":
            return {**row, "hilist_pric_uplmt_amt": terms.ceiling}
        if trade == "1319":
            return {**row, "selfpay_prop": Decimal(1) if terms.level == "03" else terms.self_pay}
        return {
            **row,
            "reg_name": texts["name"],
            "spec": texts["spec"],
            "unit": texts["unit"],
            "chrgitm_lv": terms.level,
            "med_chrgitm_type": terms.fee_class,
        }
