"""Invoices of a morning: a book with a void, an electronic invoice exchanged for paper, one that was refused."""

from collections.abc import Mapping
from typing import Any
from unittest import mock

from sqlalchemy import select
from support.einvoice import ADDRESS, PlayedPlatform

from app import outgoing
from app.actor import Actor
from app.db import db, tenant_unit
from modules.charging.models import Settlement
from modules.charging.simulators.einvoice import KEY
from modules.invoices import queries, services
from modules.invoices.services import conduct


def furnish(centre: dict[str, Any], desk: dict[str, Actor], mark: str) -> None:
    """The institution is connected; two receipts are invoiced electronically, one of them goes onto paper."""
    cashier, accountant = desk["cashier"], desk["accountant"]
    services.connect(
        unit_code="990101",
        institution_kind=f"{mark}类机构",
        base_url=ADDRESS,
        key=KEY,
        by=desk["administrator"],
    )
    book = services.register_book(
        code="99010126", prefix="A", first_no=1, last_no=20, digits=6, by=accountant
    )
    services.hand_out_book(book_id=book.id, account_id=cashier.account_id, by=accountant)
    services.spoil_next(reason=f"{mark}撕坏", by=cashier)
    with tenant_unit(centre["tenant_id"]):
        receipts = list(db.session.scalars(select(Settlement.id).order_by(Settlement.id).limit(2)))
    platform = PlayedPlatform()
    platform.books.address = ADDRESS
    with _only(platform):
        for receipt, refuses in zip(receipts, (False, True), strict=True):
            if refuses:
                platform.misbehave("refuse")
            row = services.note_settled(settlement_id=receipt, by=cashier)
            assert row is not None
            conduct.carry(row.id, by=cashier)
        services.print_paper(settlement_id=receipts[0], by=cashier)
        with tenant_unit(centre["tenant_id"]):
            exchange_id = queries.due_exchanges()[0]
        conduct.tell_exchange(exchange_id, by=cashier)


def _only(platform: PlayedPlatform) -> Any:
    def post(url: str, headers: Mapping[str, str], body: bytes, **limits: Any) -> outgoing.Reply:
        return platform.hear(url, headers, body)

    return mock.patch.object(outgoing, "post", post)
