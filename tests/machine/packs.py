"""Packs with codes at the window, and packs that are opened for bags."""

from decimal import Decimal

from machine.centre import Centre
from support.world import PASSWORD

from app.db import tenant_unit
from modules.dispensing import queries as lying
from modules.dispensing import services as dispensing
from modules.dispensing.models import NoCodeReason

D = Decimal


def scan(centre: Centre, which: int, serial: int, quantity: int) -> None:
    """A pack is scanned for a line: one of few packs, so that some come twice."""
    if not centre.sheets:
        return
    sheet, by = centre.sheets[which % len(centre.sheets)], centre.desk["other_pharmacist"]
    line = sheet.lines[which % len(sheet.lines)]
    use = dispensing.scanning(
        lambda: dispensing.scan_code(
            prescription_id=sheet.prescription_id,
            code=f"8100{line.item_id % 3:03d}{serial:013d}",
            item_id=line.item_id,
            quantity=D(quantity) if quantity else None,
            by=by,
        ),
        prescription_id=sheet.prescription_id,
        by=by,
    )
    centre.scans.append((sheet.prescription_id, use.id))


def without_code(centre: Centre, which: int) -> None:
    """A line goes out without one."""
    if centre.sheets:
        sheet = centre.sheets[which % len(centre.sheets)]
        dispensing.pass_without_code(
            prescription_id=sheet.prescription_id,
            item_id=sheet.lines[which % len(sheet.lines)].item_id,
            reason=NoCodeReason.OLD_STOCK,
            by=centre.desk["other_pharmacist"],
        )


def take_off(centre: Centre) -> None:
    """The last scan is taken off again."""
    if centre.scans:
        prescription_id, use_id = centre.scans.pop()
        by = centre.desk["other_pharmacist"]
        dispensing.remove_scan(prescription_id=prescription_id, use_id=use_id, by=by)


def repack(centre: Centre, which: int, bags: int, size: int) -> None:
    """Packs of the pharmacy are opened and put into bags."""
    with tenant_unit(centre.tenant_id):
        rows = lying.balances_at(centre.ids["locations"]["pharmacy"])
    if rows:
        dispensing.repack(
            balance_id=rows[which % len(rows)].balance.id,
            bags=bags,
            bag_size=D(size),
            second_name=f"other_pharmacist@c{centre.mark}",
            second_password=PASSWORD,
            by=centre.desk["pharmacist"],
        )
