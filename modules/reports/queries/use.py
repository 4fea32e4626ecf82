"""Use of drugs as tables: ranking, turnover, share of essential drugs and of antimicrobials."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.db import Page
from app.i18n import gettext
from app.money import format_amount
from modules.catalogue import queries as catalogue
from modules.catalogue.queries import Drug
from modules.dispensing import queries as pharmacy
from modules.dispensing.queries import Document, DocumentKind
from modules.prescriptions import queries as prescriptions
from modules.prescriptions.queries import Prescription
from modules.reports.queries.asked import Asked
from modules.reports.queries.entries import antimicrobials
from modules.reports.queries.moved import filter_of
from modules.reports.queries.reach import Reach, reading
from modules.reports.queries.stock import Flow, FlowKey, flows, openings, prescribing
from modules.reports.rules.shares import share, turnover_days
from modules.reports.rules.tables import Column, Form, Opening, Plot, Row, Table

ZERO = Decimal("0.00")
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What patients got of a drug, less what they brought back, and the stock it came from."""

    drug_id: int
    quantity: Decimal
    cost_amount: Decimal
    retail_amount: Decimal
    opening_amount: Decimal
    closing_amount: Decimal


def used_drugs(reach: Reach, asked: Asked) -> list[Used]:
    """Drugs by what they cost the patients, the dearest first. Four statements for each partition."""
    chosen = filter_of(asked)
    moved = flows(reach, chosen, by_drug=True)
    held = openings(reach, chosen, by_drug=True)
    flows_of: dict[int, list[tuple[FlowKey, Flow]]] = {}
    for key, flow in moved.items():
        flows_of.setdefault(key[2], []).append((key, flow))
    opening: dict[int, Decimal] = {}
    for (_, drug), one in held.items():
        opening[drug] = opening.get(drug, ZERO) + one.cost_amount
    drugs = flows_of.keys() | opening.keys()
    found = [_used(drug, flows_of.get(drug, []), opening.get(drug, ZERO)) for drug in drugs]
    return sorted(found, key=lambda row: (-row.retail_amount, -row.cost_amount, row.drug_id))


def _used(drug: int, moved: Iterable[tuple[FlowKey, Flow]], opening: Decimal) -> Used:
    quantity = cost = retail = change = ZERO
    for key, flow in moved:
        change += flow.cost_amount if key[4] else -flow.cost_amount
        if key[3] in (DocumentKind.ISSUE, DocumentKind.RETURN):
            sign = -1 if key[4] else 1
            quantity += sign * flow.quantity
            cost, retail = cost + sign * flow.cost_amount, retail + sign * flow.retail_amount
    return Used(
        drug_id=drug,
        quantity=quantity,
        cost_amount=cost,
        retail_amount=retail,
        opening_amount=opening,
        closing_amount=opening + change,
    )


def use(reach: Reach, asked: Asked) -> Table:
    """The ranking, with the figures of all drugs above it."""
    found = used_drugs(reach, asked)
    drugs = catalogue.drugs_by_id(row.drug_id for row in found)
    days = (asked.ends_on - asked.begins_on).days + 1
    used = [row for row in found if row.quantity]
    columns = [
        Column(gettext("Drug")),
        Column(gettext("Marks")),
        Column(gettext("Used"), Form.QUANTITY),
        Column(gettext("Unit")),
        Column(gettext("At cost"), Form.MONEY),
        Column(gettext("At retail price"), Form.MONEY),
        Column(gettext("Share"), Form.PERCENT),
        Column(gettext("Turnover, days"), Form.QUANTITY),
    ]
    whole = sum((row.retail_amount for row in used), ZERO)
    rows = [_row(row, drugs.get(row.drug_id), whole, days) for row in used[:SHOWN]]
    notes = [gettext("The first %(n)s of %(total)s.", n=SHOWN, total=len(used))] if len(used) > SHOWN else []
    cost = sum((row.cost_amount for row in used), ZERO)
    return Table(
        title=gettext("Use of drugs"),
        columns=columns,
        rows=rows,
        total=[
            gettext("All drugs"),
            None,
            None,
            None,
            cost,
            whole,
            share(whole, whole),
            _turnover(found, days),
        ],
        figures=_figures(reach, asked, found, drugs),
        plot=_plot(used, drugs),
        notes=notes,
        links=[]
        if reach.one is None
        else [(gettext("Prescriptions with antimicrobials"), Opening("list_prescriptions", {}))],
    )


def _turnover(found: list[Used], days: int) -> Decimal | None:
    return turnover_days(
        sum((row.opening_amount for row in found), ZERO),
        sum((row.closing_amount for row in found), ZERO),
        sum((row.cost_amount for row in found), ZERO),
        days,
    )


def _row(row: Used, drug: Drug | None, whole: Decimal, days: int) -> Row:
    marks = []
    if drug is not None and drug.is_essential:
        marks.append(gettext("Essential"))
    if drug is not None and drug.antimicrobial_level:
        marks.append(gettext("Antimicrobial"))
    return Row(
        [
            f"{drug.name} {drug.strength}" if drug else str(row.drug_id),
            " · ".join(marks),
            row.quantity,
            drug.min_unit if drug else "",
            row.cost_amount,
            row.retail_amount,
            share(row.retail_amount, whole),
            turnover_days(row.opening_amount, row.closing_amount, row.cost_amount, days),
        ],
        Opening("show_stock", {"drug_id": row.drug_id}),
    )


def _figures(
    reach: Reach, asked: Asked, found: list[Used], drugs: Mapping[int, Drug]
) -> list[tuple[str, Decimal | int | None, Form]]:
    def retail(keep: Mapping[int, Drug]) -> Decimal:
        return sum((row.retail_amount for row in found if row.drug_id in keep), ZERO)

    whole = sum((row.retail_amount for row in found), ZERO)
    essential = {key: drug for key, drug in drugs.items() if drug.is_essential}
    antimicrobial = {key: drug for key, drug in drugs.items() if drug.antimicrobial_level}
    counts = prescribing(reach, asked.begins_on, asked.ends_on).values()
    handed_out, with_one = sum(row[0] for row in counts), sum(row[1] for row in counts)
    return [
        (gettext("At retail price"), whole, Form.MONEY),
        (gettext("Essential drugs, by amount"), share(retail(essential), whole), Form.PERCENT),
        (gettext("Antimicrobials, by amount"), share(retail(antimicrobial), whole), Form.PERCENT),
        (gettext("Prescriptions"), handed_out, Form.COUNT),
        (gettext("With antimicrobials"), with_one, Form.COUNT),
        (gettext("Antimicrobials, by prescriptions"), share(with_one, handed_out), Form.PERCENT),
    ]


def _plot(used: list[Used], drugs: Mapping[int, Drug]) -> Plot | None:
    if not used:
        return None
    return Plot(
        title=gettext("Most used, at retail price"),
        kind="hbar",
        columns=[gettext("Drug"), gettext("Yuan")],
        rows=[
            (drugs[row.drug_id].name if row.drug_id in drugs else "", format_amount(row.retail_amount))
            for row in used[:10]
        ],
    )


def with_antimicrobials(reach: Reach, asked: Asked, *, before: int | None = None) -> Page[Document]:
    """First documents of prescriptions with an antimicrobial, the latest first."""
    with reading(reach.centres[0].id):
        return pharmacy.page_of_first_issues(
            begins_on=asked.begins_on,
            ends_on=asked.ends_on,
            drug_ids=antimicrobials(),
            before=before,
        )


def issues_table(page: Page[Document]) -> Table:
    """One page of prescriptions by the document that handed them out first."""
    columns = [
        Column(gettext("Document")),
        Column(gettext("Day")),
        Column(gettext("By")),
        Column(gettext("At cost"), Form.MONEY),
    ]
    rows = [
        Row(
            [row.number, row.on.isoformat(), row.by_name, row.cost_amount],
            Opening("show_prescription", {"prescription_id": row.prescription_id or 0}),
        )
        for row in page.rows
    ]
    return Table(title=gettext("Prescriptions with antimicrobials"), columns=columns, rows=rows)


def prescription_table(prescription: Prescription) -> Table:
    """A prescription's lines as they were signed. One statement."""
    columns = [
        Column(gettext("Drug")),
        Column(gettext("Strength")),
        Column(gettext("Usage")),
        Column(gettext("Days"), Form.COUNT),
        Column(gettext("Quantity"), Form.QUANTITY),
        Column(gettext("Unit")),
    ]
    rows = [
        Row(
            [
                item.drug_name,
                item.strength,
                f"{item.route_name} {item.frequency_name}".strip(),
                item.days,
                item.quantity,
                item.min_unit,
            ]
        )
        for item in prescriptions.list_items(prescription)
    ]
    return Table(title=prescription.number, columns=columns, rows=rows)
