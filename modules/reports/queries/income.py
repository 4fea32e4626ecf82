"""Income and refunds as tables."""

from collections.abc import Mapping
from datetime import date

from app.i18n import Choice, gettext
from app.money import format_amount
from modules.charging import queries as charging
from modules.insurance.queries import InsuranceType
from modules.reports.queries.asked import Asked, departments_of
from modules.reports.queries.money import (
    ZERO,
    By,
    MoneyFilter,
    Receipt,
    Taken,
    receipts_of,
    takings,
    takings_by_day,
)
from modules.reports.queries.reach import Reach, reading
from modules.reports.rules.days import bucket_of
from modules.reports.rules.tables import Cell, Column, Form, Opening, Plot, Row, Table, totals
from tenants import queries as tenants


def by_of(reach: Reach, asked: Asked) -> By:
    """What it is taken apart by: doctors and departments are those of one centre."""
    if not reach.is_whole:
        return asked.by if asked.by not in (None, By.CENTRE) else By.FEE_CLASS
    return By.CENTRE if asked.by in (None, By.DOCTOR, By.DEPARTMENT) else asked.by


def filter_of(reach: Reach, asked: Asked, *, only_back: bool) -> MoneyFilter:
    """The sums that are meant; a centre is opened by its code, never by a key."""
    by = by_of(reach, asked)
    return MoneyFilter(
        begins_on=asked.begins_on,
        ends_on=asked.ends_on,
        by=by,
        key=None if by is By.CENTRE else asked.key,
        departments=departments_of(reach, asked),
        only_back=only_back,
    )


def income(reach: Reach, asked: Asked, *, only_back: bool = False) -> Table:
    """What came in and went back: by what is asked for; of one key, along the days."""
    chosen = filter_of(reach, asked, only_back=only_back)
    days = takings_by_day(reach, chosen)
    if chosen.key is None:
        found = takings(reach, chosen)
        rows = _rows_by_key(reach, asked, chosen.by, found, only_back)
        head, title = _HEADS[chosen.by](), _title(only_back)
    else:
        rows = _rows_by_day(reach, asked, days, only_back)
        name = _names(reach, chosen.by, [chosen.key])[chosen.key]
        head, title = gettext("Day"), f"{_title(only_back)} · {name}"
    columns = [Column(head), *_columns(only_back)]
    whole = _sum(days)
    return Table(
        title=title,
        columns=columns,
        rows=rows,
        total=totals(columns, rows, gettext("Total")),
        figures=_figures(whole, only_back),
        plot=_plot(asked, days, only_back),
    )


def _title(only_back: bool) -> str:
    return gettext("Refunds") if only_back else gettext("Income")


_HEADS = {
    By.FEE_CLASS: lambda: gettext("Fee class"),
    By.DOCTOR: lambda: gettext("Doctor"),
    By.DEPARTMENT: lambda: gettext("Department"),
    By.TENDER: lambda: gettext("Way of paying"),
    By.INSURER: lambda: gettext("Insurance"),
    By.CENTRE: lambda: gettext("Centre"),
}


def _columns(only_back: bool) -> list[Column]:
    if only_back:
        return [Column(gettext("Given back"), Form.MONEY)]
    return [
        Column(gettext("Taken"), Form.MONEY),
        Column(gettext("Given back"), Form.MONEY),
        Column(gettext("Net"), Form.MONEY),
    ]


def _cells(name: str, found: Taken, only_back: bool) -> list[Cell]:
    return [name, found.back] if only_back else [name, found.taken, found.back, found.net]


def _figures(whole: Taken, only_back: bool) -> list[tuple[str, Cell, Form]]:
    back = (gettext("Given back"), whole.back, Form.MONEY)
    if only_back:
        return [back]
    return [
        (gettext("Taken"), whole.taken, Form.MONEY),
        back,
        (gettext("Net"), whole.net, Form.MONEY),
    ]


def _sum(days: Mapping[date, Taken]) -> Taken:
    return Taken(
        sum((day.taken for day in days.values()), ZERO),
        sum((day.back for day in days.values()), ZERO),
        sum(day.entries for day in days.values()),
    )


def _rows_by_key(
    reach: Reach, asked: Asked, by: By, found: Mapping[str, Taken], only_back: bool
) -> list[Row]:
    names = _names(reach, by, list(found))
    codes = {str(centre.id): centre.code for centre in reach.centres}
    rows = []
    for key, sums in sorted(found.items(), key=lambda item: -abs(item[1].back if only_back else item[1].net)):
        if by is By.CENTRE:
            opens = Opening(_page(only_back), {"centre": codes[key]})
        else:
            opens = Opening(_page(only_back), {"by": by.value, "key": key})
        rows.append(Row(_cells(names[key], sums, only_back), opens))
    return rows


def _page(only_back: bool) -> str:
    return "show_refunds" if only_back else "show_income"


def _rows_by_day(reach: Reach, asked: Asked, days: Mapping[date, Taken], only_back: bool) -> list[Row]:
    rows = []
    for on in sorted(days, reverse=True):
        opens = None
        if reach.one is not None:
            opens = Opening("list_receipts", {"on": on.isoformat(), "back": int(only_back)})
        rows.append(Row(_cells(on.isoformat(), days[on], only_back), opens))
    return rows


def _plot(asked: Asked, days: Mapping[date, Taken], only_back: bool) -> Plot | None:
    sums: dict[str, Taken] = {}
    for on in sorted(days):
        name = bucket_of(on, asked.bucket)
        held = sums.get(name, Taken())
        sums[name] = Taken(held.taken + days[on].taken, held.back + days[on].back)
    if not sums:
        return None
    heads = [column.head for column in _columns(only_back)]
    return Plot(
        title=_title(only_back),
        kind="bar",
        columns=[gettext("Day"), heads[0]] if only_back else [gettext("Day"), heads[0], heads[2]],
        rows=[
            (name, format_amount(found.back))
            if only_back
            else (name, format_amount(found.taken), format_amount(found.net))
            for name, found in sums.items()
        ],
    )


def _names(reach: Reach, by: By, keys: list[str]) -> dict[str, str]:
    if by is By.CENTRE:
        return {str(centre.id): centre.name for centre in reach.centres}
    if by is By.FEE_CLASS:
        return _labels(charging.FeeClass, keys)
    if by is By.TENDER:
        return _labels(charging.TenderMethod, keys)
    if by is By.INSURER:
        known = dict(InsuranceType.options()) | {"": gettext("Not insured"), "?": gettext("Not known")}
        return {key: known.get(key, key) for key in keys}
    return _people(reach, by, keys)


def _labels(choices: type[Choice], keys: list[str]) -> dict[str, str]:
    known = dict(choices.options())
    return {key: known.get(key, gettext("Not known")) for key in keys}


def _people(reach: Reach, by: By, keys: list[str]) -> dict[str, str]:
    wanted = {int(key) for key in keys if key.isdecimal()}
    names: dict[int, str] = {}
    if reach.one is not None and wanted:
        with reading(reach.one.id):
            if by is By.DOCTOR:
                names = tenants.practitioner_names(wanted)
            else:
                names = {row.id: row.name for row in tenants.all_departments()}
    return {key: names.get(int(key) if key.isdecimal() else 0, gettext("Not known")) for key in keys}


def receipts(reach: Reach, asked: Asked, on: date, *, only_back: bool) -> Table:
    """The receipts of one day behind a figure; their amounts add up to it."""
    chosen = filter_of(reach, asked, only_back=only_back)
    found = receipts_of(reach.centres[0].id, on, chosen)
    columns = [
        Column(gettext("Receipt no.")),
        Column(gettext("Kind")),
        Column(gettext("Cashier")),
        Column(gettext("Reason")),
        Column(gettext("Amount"), Form.MONEY),
    ]
    rows = [_receipt_row(row, only_back) for row in found]
    return Table(
        title=f"{_title(only_back)} · {on.isoformat()}",
        columns=columns,
        rows=rows,
        total=totals(columns, rows, gettext("Total")),
    )


def _receipt_row(row: Receipt, only_back: bool) -> Row:
    settlement = row.settlement
    amount = -row.amount if only_back else row.amount
    return Row(
        [
            settlement.number,
            settlement.kind.label,
            settlement.cashier_name,
            settlement.reason,
            amount,
        ],
        Opening("show_receipt", {"settlement_id": settlement.id}),
    )


def receipt_table(view: charging.SettlementView) -> Table:
    """The lines of a receipt; they add up to its amount."""
    columns = [
        Column(gettext("Item")),
        Column(gettext("Fee class")),
        Column(gettext("Quantity"), Form.QUANTITY),
        Column(gettext("Unit")),
        Column(gettext("Amount"), Form.MONEY),
    ]
    rows = [
        Row(
            [charge.item_name, line.fee_class.label, line.quantity, charge.unit, line.amount],
            Opening("show_prescription", {"prescription_id": charge.prescription_id})
            if charge.prescription_id
            else None,
        )
        for line, charge in view.lines
    ]
    return Table(
        title=view.settlement.number,
        columns=columns,
        rows=rows,
        total=totals(columns, rows, gettext("Total")),
    )
