"""What the bills still owe, by age."""

from collections.abc import Sequence
from typing import Any

from app import clock
from app.db import Page
from app.i18n import gettext
from app.money import format_amount
from modules.charging import queries as charging
from modules.charging.queries import UnpaidBill
from modules.reports.queries.reach import Reach, over, reading
from modules.reports.rules.days import AGES, age_of, days_of_age
from modules.reports.rules.tables import Column, Form, Opening, Plot, Row, Table, totals


def arrears(reach: Reach) -> Table:
    """Bills that are not paid today: by centre in the district, by age in a centre."""

    def read() -> Sequence[tuple[Any, ...]]:
        return [(row.tenant_id, row.on, row.bills, row.amount) for row in charging.unpaid_by_day()]

    today = clock.today()
    found: dict[int, list[Any]] = {}
    for tenant_id, on, bills, amount in over(reach, read):
        key = tenant_id if reach.is_whole else age_of(on, today)
        held = found.setdefault(key, [0, 0])
        held[0], held[1] = held[0] + bills, held[1] + amount
    rows = _by_centre(reach, found) if reach.is_whole else _by_age(found)
    columns = [
        Column(gettext("Centre") if reach.is_whole else gettext("Age of the bill")),
        Column(gettext("Bills"), Form.COUNT),
        Column(gettext("Unpaid"), Form.MONEY),
    ]
    return Table(
        title=gettext("Arrears"),
        columns=columns,
        rows=rows,
        total=totals(columns, rows, gettext("Total")),
        plot=Plot(
            title=gettext("Arrears"),
            kind="hbar",
            columns=[columns[0].head, columns[2].head],
            rows=[(str(row.cells[0]), format_amount(row.cells[2])) for row in rows],  # type: ignore[arg-type]
        )
        if rows
        else None,
    )


def _by_centre(reach: Reach, found: dict[int, list[Any]]) -> list[Row]:
    return [
        Row([centre.name, *found[centre.id]], Opening("show_arrears", {"centre": centre.code}))
        for centre in reach.centres
        if centre.id in found
    ]


def _by_age(found: dict[int, list[Any]]) -> list[Row]:
    return [Row([age_label(age), *found[age]], Opening("list_unpaid", {"age": age})) for age in sorted(found)]


def age_label(age: int) -> str:
    """The words for an age."""
    if age == 0:
        return gettext("Of today")
    if age >= len(AGES):
        return gettext("Older than %(n)s days", n=AGES[-1])
    return gettext("%(first)s to %(last)s days", first=AGES[age - 1] + 1, last=AGES[age])


def unpaid(reach: Reach, age: int, *, before: int | None = None) -> Page[UnpaidBill]:
    """The bills of an age, the latest first."""
    begins_on, ends_on = days_of_age(age, clock.today())
    with reading(reach.centres[0].id):
        return charging.page_of_unpaid(begins_on, ends_on, before=before)


def unpaid_table(page: Page[UnpaidBill], age: int) -> Table:
    """One page of bills that are not paid."""
    columns = [
        Column(gettext("Visit no.")),
        Column(gettext("Day")),
        Column(gettext("Lines"), Form.COUNT),
        Column(gettext("Unpaid"), Form.MONEY),
    ]
    rows = [
        Row(
            [row.visit_number, row.on.isoformat(), row.lines, row.amount],
            Opening("charging.show_bill", {"bill_id": row.id}),
        )
        for row in page.rows
    ]
    return Table(title=f"{gettext('Arrears')} · {age_label(age)}", columns=columns, rows=rows)
