"""What the insurer is told of stock (trades 3501 to 3504), as plain content. Source: clinic handbook C7, D5."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.money import format_quantity

DESTROYED = "105"  # inv_chg_type (verify per region)
NODES = {"3501": "invinfo", "3502": "invinfo", "3503": "purcinfo", "3504": "purcinfo", "3505": "selinfo"}
NODES["3506"] = "selinfo"


def stock_content(
    trade: str,
    *,
    record_no: str,
    drug_code: str,
    drug_name: str,
    batch_no: str,
    expires_on: date,
    quantity: Decimal,
    after: Decimal | None,
    at: datetime,
    supplier: str,
) -> dict[str, Any]:
    """One record; what names the institution, the insurer's item and the codes is put in when it is sent."""
    moment = f"{at:%Y-%m-%d %H:%M:%S}"
    content = {
        "fixmedins_hilist_id": drug_code,
        "fixmedins_hilist_name": drug_name,
        "fixmedins_bchno": record_no,
        "manu_lotnum": batch_no,
        "expy_end": expires_on.isoformat(),
        "trdn_flag": "0",
    }
    count = format_quantity(quantity)
    if trade == "3501":
        counted = format_quantity(after if after is not None else Decimal(0))
        return content | {"invdate": moment[:10], "inv_cnt": counted}
    if trade == "3502":
        return content | {"inv_chg_type": DESTROYED, "inv_chg_time": moment, "cnt": count}
    return content | {"spler_name": supplier, "purc_retn_cnt": count, "purc_retn_stoin_time": moment}
