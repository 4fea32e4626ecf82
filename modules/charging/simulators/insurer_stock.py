"""What the insurer keeps of stock and of sold codes (3501 to 3506); one code is sold once, wherever it is sold."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from modules.charging.simulators.insurer_catalogues import Answer, Refused

NODES = {"3501": "invinfo", "3502": "invinfo", "3503": "purcinfo", "3504": "purcinfo"}


class StockBooks:
    """Records by institution and their own number; packs by their code."""

    records: dict[str, dict[str, Any]]
    packs: dict[str, dict[str, Any]]
    catalogue: dict[str, Any]

    def stock_trades(self) -> dict[str, Callable[[dict[str, Any], dict[str, Any]], Answer]]:
        """What is done at each trade."""
        return {**dict.fromkeys(NODES, self._keep_stock), "3505": self._sell, "3506": self._take_back}

    def _keep_stock(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        for row in asked[NODES[message["infno"]]]:
            self._is_known(row, message)
        return {}

    def _sell(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        for row in asked["selinfo"]:
            if self._is_known(row, message):
                continue
            for code in (one["drug_trac_codg"] for one in row["drugtracinfo"]):
                self._refuse_second_sale(code, row, message)
                pack = self.packs.setdefault(code, {"whole": False, "parts": "0"})
                if row["trdn_flag"] == "1":
                    pack["parts"] = str(Decimal(pack["parts"]) + Decimal(row["sel_retn_cnt"]))
                else:
                    pack["whole"] = True
        return {}

    def _refuse_second_sale(self, code: str, row: dict[str, Any], message: dict[str, Any]) -> None:
        pack = self.packs.get(code)
        is_opened = pack is not None and Decimal(pack["parts"]) > 0
        if pack is not None and (pack["whole"] or (is_opened and row["trdn_flag"] != "1")):
            del self.records[self._key(row, message)]
            raise Refused(f"追溯码已销售 {code}")

    def _take_back(self, asked: dict[str, Any], message: dict[str, Any]) -> Answer:
        for row in asked["selinfo"]:
            if self._is_known(row, message):
                continue
            for code in (one["drug_trac_codg"] for one in row["drugtracinfo"]):
                pack = self.packs.setdefault(code, {"whole": False, "parts": "0"})
                if row["trdn_flag"] == "1":
                    left = Decimal(pack["parts"]) - Decimal(row["sel_retn_cnt"])
                    pack["parts"] = str(max(left, Decimal(0)))
                else:
                    pack["whole"] = False
        return {}

    def _is_known(self, row: dict[str, Any], message: dict[str, Any]) -> bool:
        """Keep a record; one that is told again under its own number is known."""
        if row["med_list_codg"] not in self.catalogue:
            raise Refused(f"医保目录编码不存在 {row['med_list_codg']}")
        key = self._key(row, message)
        if key in self.records:
            return True
        self.records[key] = {**row, "infno": message["infno"]}
        return False

    def _key(self, row: dict[str, Any], message: dict[str, Any]) -> str:
        return f"{message['fixmedins_code']}/{message['infno']}/{row['fixmedins_bchno']}"
