"""The demonstration's electronic invoices, and a book of paper for every cashier of the demo centres."""

from app import clock
from app.accounts import queries as accounts
from app.accounts import services as people
from app.actor import Actor, system_actor
from app.db import control_unit, tenant_unit
from app.tenancy import Tenant, directory
from modules.charging import queries as charging
from modules.demo.rules.district import CENTRES
from modules.demo.services.district import play
from modules.invoices import queries, services
from modules.invoices.services import conduct

KEY = "demonstration key of the invoice platform"  # the simulator's own, known to everybody
SHEETS = 100
RECEIPTS, PAPERS = 12, 3  # of a cashier: electronic invoices, and sheets printed


def connect_platforms(url: str) -> int:
    """Connect every demo centre to the played platform at this address; returns how many."""
    codes = {plan.code for plan in CENTRES}
    centres = [one for one in directory().all_active() if one.code in codes and "invoices" in one.modules]
    for number, centre in enumerate(centres):
        _connect(centre, url, number)
    return len(centres)


def _connect(centre: Tenant, url: str, number: int) -> None:
    with tenant_unit(centre.id):
        before = queries.find_connection()
        if before is not None and before.base_url == url:
            return
    by = system_actor(centre.id)
    play(
        "invoices.connect",
        unit_code=f"99{centre.id % 100000:05d}",
        institution_kind="社区卫生服务中心",
        base_url=url,
        key=KEY,
        by=by,
    )
    if before is None:
        cashiers = _cashiers(by)
        _hand_out_books(
            number, [one.account_id for one in cashiers], people.find_actor(f"{centre.code}.accountant")
        )
        with clock.in_zone(centre.zone):
            _use_invoices(centre.id, cashiers)


def _cashiers(by: Actor) -> list[Actor]:
    with control_unit():
        names = [
            member.account.sign_in_name
            for member in accounts.list_members(by=by)
            if "cashier" in member.membership.roles
        ]
    return [people.find_actor(name) for name in names]


def _use_invoices(tenant_id: int, cashiers: list[Actor]) -> None:
    """The last receipts get their electronic invoices; some patients want paper, and a printer jams."""
    receipts = [(by, _receipts(tenant_id, by)) for by in cashiers]
    for by, ids in receipts:
        for settlement_id in ids:
            services.note_settled(settlement_id=settlement_id, by=by)
    conduct.pursue(tenant_id)
    for by, ids in receipts:
        for number, settlement_id in enumerate(ids[:PAPERS]):
            printed = play("invoices.print_paper", settlement_id=settlement_id, by=by)
            if number == 0:
                play("invoices.replace_paper", paper_id=printed.paper_id, reason="打印机卡纸", by=by)


def _receipts(tenant_id: int, by: Actor) -> list[int]:
    """The cashier's last receipts that stand, the latest first."""
    with tenant_unit(tenant_id):
        shifts = charging.list_shifts(cashier_account_id=by.account_id, size=2).rows
        settled = [one for shift in shifts for one in charging.shift_entries(shift.id)[0][::-1]]
        return [one.id for one in settled if charging.may_be_invoiced(one)][:RECEIPTS]


def _hand_out_books(centre_number: int, cashiers: list[int], by: Actor) -> None:
    for number, account_id in enumerate(cashiers):
        first = (centre_number * 100 + number) * SHEETS + 1
        book = play(
            "invoices.register_book",
            code="99010126",
            prefix="A",
            first_no=first,
            last_no=first + SHEETS - 1,
            digits=8,
            by=by,
        )
        play("invoices.hand_out_book", book_id=book.id, account_id=account_id, by=by)
