"""Stock as tables: district → centre → place → kind → document → line."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from app.db import Page
from app.i18n import gettext
from app.money import format_amount
from modules.catalogue import queries as catalogue
from modules.dispensing import queries as pharmacy
from modules.dispensing.queries import IN_TRANSIT, DocumentKind, DocumentSum
from modules.reports.queries.asked import Asked
from modules.reports.queries.reach import Reach, reading
from modules.reports.queries.stock import (
    NOTHING,
    Flow,
    FlowKey,
    Held,
    StockFilter,
    flows,
    flows_by_day,
    openings,
)
from modules.reports.rules.days import bucket_of
from modules.reports.rules.tables import Cell, Column, Form, Opening, Plot, Row, Table, totals


def filter_of(asked: Asked) -> StockFilter:
    """The sums that are meant."""
    return StockFilter(
        begins_on=asked.begins_on,
        ends_on=asked.ends_on,
        drug_id=asked.drug_id,
        location_id=asked.location_id,
        kind=asked.kind,
    )


def stock(reach: Reach, asked: Asked) -> Table:
    """What lay there, came in and went out: by centre, then by place, then by kind of document."""
    chosen = filter_of(asked)
    moved = flows(reach, chosen)
    if reach.one is not None and asked.location_id is not None:
        table = _by_kind(reach, asked, moved)
    else:
        held = openings(reach, chosen) if asked.kind is None else {}
        table = _by_place(reach, asked, moved, held)
    return table


def _names_of_places(reach: Reach) -> dict[int, str]:
    if reach.one is None:
        return {}
    with reading(reach.one.id):
        names = {place.id: place.name for place in pharmacy.list_locations()}
    return names | {IN_TRANSIT: gettext("On the way")}


def _by_place(
    reach: Reach, asked: Asked, moved: Mapping[FlowKey, Flow], held: Mapping[tuple[int, int], Held]
) -> Table:
    """Centres of the district, or places of a centre."""
    axis = 0 if reach.is_whole else 1
    came, left = _sides(moved, axis, True), _sides(moved, axis, False)
    lay: dict[int, Held] = {}
    for place, one in held.items():
        before = lay.get(place[axis], Held())
        lay[place[axis]] = Held(before.quantity + one.quantity, before.cost_amount + one.cost_amount)
    rows = []
    for key, name, opens in _axis(reach, came.keys() | left.keys() | lay.keys()):
        opening, plus, minus = lay.get(key, Held()), came.get(key, Flow()), left.get(key, Flow())
        rows.append(Row([name, *_cells(asked, opening, plus, minus)], opens))
    columns = [Column(gettext("Centre") if reach.is_whole else gettext("Place")), *_columns(asked)]
    return Table(
        title=gettext("Drug stock"),
        columns=columns,
        rows=rows,
        total=totals(columns, rows, gettext("Total")),
        plot=_plot(reach, asked),
    )


def _axis(reach: Reach, keys: Iterable[int]) -> list[tuple[int, str, Opening]]:
    known = set(keys)
    if reach.is_whole:
        return [
            (centre.id, centre.name, Opening("show_stock", {"centre": centre.code}))
            for centre in reach.centres
            if centre.id in known
        ]
    names = _names_of_places(reach)
    return [
        (key, names.get(key, str(key)), Opening("show_stock", {"location": key}))
        for key in sorted(known, key=lambda key: (key == IN_TRANSIT, names.get(key, "")))
    ]


def _sides(moved: Mapping[FlowKey, Flow], axis: int, comes_in: bool) -> dict[int, Flow]:
    found: dict[int, Flow] = {}
    for key, flow in moved.items():
        place = key[0] if axis == 0 else key[1]
        if key[4] is comes_in:
            found[place] = found.get(place, Flow()).plus(flow)
    return found


def _columns(asked: Asked) -> list[Column]:
    """Yuan at cost; of one drug its quantities, too. Of one kind of document only what it moved."""
    money = [Column(gettext("In"), Form.MONEY), Column(gettext("Out"), Form.MONEY)]
    pieces = [Column(gettext("Quantity in"), Form.QUANTITY), Column(gettext("Quantity out"), Form.QUANTITY)]
    if asked.kind is None:
        money = [
            Column(gettext("Opening"), Form.MONEY),
            *money,
            Column(gettext("Closing"), Form.MONEY),
        ]
        pieces = [
            Column(gettext("Opening quantity"), Form.QUANTITY),
            *pieces,
            Column(gettext("Closing quantity"), Form.QUANTITY),
        ]
    return [*pieces, *money] if asked.drug_id is not None else money


def _cells(asked: Asked, opening: Held, came: Flow, left: Flow) -> list[Cell]:
    money: list[Cell] = [came.cost_amount, left.cost_amount]
    pieces: list[Cell] = [came.quantity, left.quantity]
    if asked.kind is None:
        closing = opening.cost_amount + came.cost_amount - left.cost_amount
        money = [opening.cost_amount, *money, closing]
        pieces = [opening.quantity, *pieces, opening.quantity + came.quantity - left.quantity]
    return [*pieces, *money] if asked.drug_id is not None else money


def _by_kind(reach: Reach, asked: Asked, moved: Mapping[FlowKey, Flow]) -> Table:
    """What each kind of document brought to a place or took from it."""
    place = asked.location_id or IN_TRANSIT
    columns = [
        Column(gettext("Kind of document")),
        Column(gettext("Direction")),
        *([Column(gettext("Quantity"), Form.QUANTITY)] if asked.drug_id is not None else []),
        Column(gettext("Movements"), Form.COUNT),
        Column(gettext("At cost"), Form.MONEY),
        Column(gettext("At retail price"), Form.MONEY),
    ]
    rows = []
    for key, flow in sorted(moved.items(), key=lambda item: (not item[0][4], item[0][3])):
        kind, comes_in = DocumentKind(key[3]), key[4]
        quantity: list[Cell] = [flow.quantity] if asked.drug_id is not None else []
        rows.append(
            Row(
                [
                    kind.label,
                    gettext("In") if comes_in else gettext("Out"),
                    *quantity,
                    flow.entries,
                    flow.cost_amount,
                    flow.retail_amount,
                ],
                Opening("list_documents", {"kind": kind.value, "location": place, "comes_in": int(comes_in)}),
            )
        )
    name = _names_of_places(reach).get(place, str(place))
    return Table(
        title=f"{gettext('Drug stock')} · {name}", columns=columns, rows=rows, plot=_plot(reach, asked)
    )


def _plot(reach: Reach, asked: Asked) -> Plot | None:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for on, (came, left) in sorted(flows_by_day(reach, filter_of(asked), asked.bucket).items()):
        name = bucket_of(on, asked.bucket)
        held = sums.get(name, (NOTHING, NOTHING))
        sums[name] = (held[0] + came, held[1] + left)
    if not sums:
        return None
    return Plot(
        title=gettext("In and out at cost"),
        kind="bar",
        columns=[gettext("Day"), gettext("In"), gettext("Out")],
        rows=[(name, format_amount(came), format_amount(left)) for name, (came, left) in sums.items()],
    )


def documents(reach: Reach, asked: Asked, *, comes_in: bool, before: int | None = None) -> Page[DocumentSum]:
    """The documents behind a figure of a place, the latest first."""
    with reading(reach.centres[0].id):
        return pharmacy.page_of_documents(
            begins_on=asked.begins_on,
            ends_on=asked.ends_on,
            location_id=asked.location_id or IN_TRANSIT,
            kind=asked.kind or DocumentKind.ISSUE,
            comes_in=comes_in,
            drug_id=asked.drug_id,
            before=before,
        )


def documents_table(page: Page[DocumentSum], asked: Asked) -> Table:
    """One page of documents."""
    columns = [
        Column(gettext("Number")),
        Column(gettext("Day")),
        Column(gettext("By")),
        Column(gettext("Lines"), Form.COUNT),
        *([Column(gettext("Quantity"), Form.QUANTITY)] if asked.drug_id is not None else []),
        Column(gettext("At cost"), Form.MONEY),
    ]
    rows = []
    for row in page.rows:
        quantity: list[Cell] = [row.quantity] if asked.drug_id is not None else []
        number: list[Cell] = [row.document.number, row.document.on.isoformat(), row.document.by_name]
        rows.append(
            Row(
                [*number, row.lines, *quantity, row.cost_amount],
                Opening("show_document", {"document_id": row.document.id}),
            )
        )
    title, kind = gettext("Stock documents"), asked.kind or DocumentKind.ISSUE
    return Table(title=f"{title} · {kind.label}", columns=columns, rows=rows)


def document_table(document_id: int) -> Table:
    """The lines of a document; of what was handed out each opens its prescription. Two statements."""
    document = pharmacy.get_document(document_id)
    opens = None
    if document.prescription_id is not None:
        opens = Opening("show_prescription", {"prescription_id": document.prescription_id})
    columns = [
        Column(gettext("Drug")),
        Column(gettext("Batch")),
        Column(gettext("Quantity"), Form.QUANTITY),
        Column(gettext("Unit")),
        Column(gettext("At cost"), Form.MONEY),
    ]
    rows = [
        Row([batch.drug_name, batch.batch_no, move.quantity, batch.min_unit, move.cost_amount], opens)
        for move, batch in pharmacy.moves_of(document_id)
    ]
    return Table(
        title=f"{document.kind.label} {document.number}",
        columns=columns,
        rows=rows,
        total=totals(columns, rows, gettext("Total")),
        notes=[document.reason] if document.reason else [],
    )


def drug_names(drug_ids: Iterable[int]) -> dict[int, str]:
    """Drug id → name and strength. One statement on the shared catalogue."""
    return {
        key: f"{drug.name} {drug.strength}".strip()
        for key, drug in catalogue.drugs_by_id(set(drug_ids)).items()
    }
