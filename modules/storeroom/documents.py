"""Papers of the storeroom."""

from app.printing import to_pdf
from modules.dispensing import queries as stock
from modules.storeroom import queries
from tenants.style import letterhead


def count_sheet(stocktake_id: int) -> bytes:
    """The blind sheet of a stocktake: batches in the order of the screen, empty fields, no quantities."""
    stocktake = queries.get_stocktake(stocktake_id)
    places = {place.id: place.name for place in stock.list_locations()}
    return to_pdf(
        "storeroom/count_paper.html",
        stocktake=stocktake,
        place=places[stocktake.location_id],
        lines=queries.lines_of_stocktake(stocktake_id),
        centre=letterhead(stocktake.tenant_id),
    )
