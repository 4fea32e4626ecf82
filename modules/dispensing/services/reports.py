"""What the insurer is to be told of a posted stock document (3501 to 3504).

What lay there when the books began is told with the first stocktake.
"""

from collections.abc import Sequence
from datetime import timedelta

from app import clock, ids
from modules.dispensing.models import (
    Batch,
    Document,
    DocumentKind,
    StockMove,
    StockReport,
    StockTrade,
    UploadState,
)
from modules.dispensing.rules.reports import stock_content

TRADES = {
    DocumentKind.RECEIPT: StockTrade.PURCHASE,
    DocumentKind.SUPPLIER_RETURN: StockTrade.PURCHASE_RETURN,
    DocumentKind.STOCKTAKE: StockTrade.COUNT,
    DocumentKind.LOSS: StockTrade.CHANGE,
}
COLLECTING = timedelta(hours=1)  # so long the codes of a delivery may still be scanned before it is told


def reports_of(document: Document, rows: Sequence[StockMove], batches: Sequence[Batch]) -> list[StockReport]:
    """A record for each row of a document that changes what the institution has; none for moves within it."""
    trade = TRADES.get(document.kind)
    if trade is None:
        return []
    wait = COLLECTING if trade is StockTrade.PURCHASE else timedelta()
    return [
        StockReport(
            id=ids.new_id(),
            document_id=document.id,
            line_no=row.line_no,
            batch_id=row.batch_id,
            trade=trade,
            at=document.at,
            content=_content(trade, document, row, batch),
            upload=UploadState.PENDING,
            tries=0,
            next_try_at=document.at + wait,
        )
        for row, batch in zip(rows, batches, strict=True)
    ]


def _content(trade: StockTrade, document: Document, row: StockMove, batch: Batch) -> dict[str, str]:
    return stock_content(
        trade.value,
        record_no=f"{document.number}-{row.line_no}",
        drug_code=batch.drug_code,
        drug_name=batch.drug_name,
        batch_no=batch.makers_no,
        expires_on=batch.expires_on,
        quantity=row.quantity,
        after=row.to_after if row.to_after is not None else row.from_after,
        at=clock.local(document.at),
        supplier=document.supplier,
    )
