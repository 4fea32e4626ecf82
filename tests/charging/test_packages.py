"""Packages: their members stand on the bill as lines of their own, and a past bill explains itself."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from support.racing import at_once

from app import clock
from app.actor import Actor
from app.db import control_unit, db, tenant_unit
from app.db.statements import count_statements
from app.errors import NotFound, PermissionDenied
from app.use_cases import command
from modules.catalogue.models import ServiceItem
from modules.charging import queries, services
from modules.charging.errors import (
    LimitDay,
    PackageCodeTaken,
    PackageEmpty,
    PackageInPackage,
    PackageItemTwice,
    PackageItemUnusable,
    PackageNotWhole,
    PackageOverlaps,
    PriceInPast,
    PriceMissing,
)
from modules.charging.models import ItemKind, Package, Price
from modules.charging.services import MemberInput

D = Decimal
BLOOD, ECG, TUBE = "X0005", "X0019", "X0033"  # 18.00, 20.00 and 0.60


@pytest.fixture
def members(find_price: Any) -> Any:
    """Members of a package, by code and quantity."""

    def name(*pairs: tuple[str, str]) -> list[MemberInput]:
        return [MemberInput(item_id=find_price(code).item_id, quantity=D(count)) for code, count in pairs]

    return name


@pytest.fixture
def package(members: Any, administrator: Actor) -> Package:
    """A check-up of three items: 18.00 + 20.00 + 2 × 0.60."""
    return services.add_package(
        code="tc01",
        name="老年人体检套餐",
        members=members((BLOOD, "1"), (ECG, "1"), (TUBE, "2")),
        reason="院发3号",
        by=administrator,
    )


def _lines(view: Any, bill: Any) -> list[tuple[str, Decimal, Decimal, str]]:
    return [(line.item_code, line.quantity, line.amount, line.package_name) for line in view(bill).charges]


def test_a_package_puts_its_members_on_the_bill_and_the_total_is_the_sum_of_rounded_lines(
    package: Package, make_bill: Any, view: Any, settle: Any, cashier: Actor, money_holds: Any
) -> None:
    bill = make_bill([])
    services.add_charge(bill_id=bill.id, item_id=package.id, quantity=D(2), by=cashier)
    name = "老年人体检套餐"
    assert _lines(view, bill) == [
        (BLOOD, D(2), D("36.00"), name),
        (ECG, D(2), D("40.00"), name),
        (TUBE, D(4), D("2.40"), name),
    ]
    seen = view(bill)
    assert [line.fee_class.value for line in seen.charges] == ["04", "03", "08"]
    assert seen.due_amount == D("78.40")
    assert settle(bill).amount == D("78.40")
    assert money_holds()


def test_prices_and_members_of_the_day_are_charged_and_a_past_bill_explains_itself(
    package: Package,
    members: Any,
    make_bill: Any,
    view: Any,
    ours: Any,
    find_price: Any,
    administrator: Actor,
    cashier: Actor,
) -> None:
    bill = make_bill([])
    add = partial(services.add_charge, bill_id=bill.id, item_id=package.id, by=cashier)
    tomorrow = clock.now() + timedelta(days=1)
    services.change_package(
        package_id=package.id,
        name="老年人体检套餐2027",
        members=members((BLOOD, "3")),
        valid_from=clock.local(tomorrow).date(),
        by=administrator,
    )
    first = add()
    with clock.at(tomorrow):
        services.set_price(
            item_kind=ItemKind.SERVICE,
            item_id=find_price(BLOOD).item_id,
            amount=D("20.00"),
            by=administrator,
        )
        later = add()
    assert [line[2] for line in _lines(view, bill)] == [D("18.00"), D("20.00"), D("1.20"), D("60.00")]
    with tenant_unit(ours["tenant_id"]):
        history = {version.id: held for version, held in queries.package_history(package.id)}
    assert [row.item_code for row in history[first.package_version_id or 0]] == [BLOOD, ECG, TUBE]
    assert [(row.item_code, row.quantity) for row in history[later.package_version_id or 0]] == [
        (BLOOD, D(3))
    ]
    assert (first.package_name, later.package_name) == ("老年人体检套餐", "老年人体检套餐2027")


def test_a_package_does_not_hold_packages_nor_an_item_twice_nor_nothing(
    package: Package, members: Any, administrator: Actor
) -> None:
    make = partial(services.add_package, code="tc02", name="套餐二", by=administrator)
    with pytest.raises(PackageInPackage) as refused:
        make(members=[*members((BLOOD, "1")), MemberInput(item_id=package.id)])
    assert refused.value.field == "members-1-item_id"
    with pytest.raises(PackageItemTwice) as twice:
        make(members=members((BLOOD, "1"), (BLOOD, "2")))
    assert twice.value.field == "members-1-item_id"
    with pytest.raises(PackageEmpty):
        make(members=[])
    with pytest.raises(NotFound):
        make(members=[MemberInput(item_id=1)])
    for taken in ("TC01", "x0005"):
        with pytest.raises(PackageCodeTaken):
            services.add_package(code=taken, name="套餐二", members=members((BLOOD, "1")), by=administrator)


def test_a_package_with_a_withdrawn_or_unpriced_member_says_which(
    package: Package,
    members: Any,
    make_bill: Any,
    view: Any,
    ours: Any,
    find_price: Any,
    cashier: Actor,
    administrator: Actor,
) -> None:
    bill = make_bill([])
    add = partial(services.add_charge, bill_id=bill.id, item_id=package.id, by=cashier)
    item_ids = {code: find_price(code).item_id for code in (ECG, TUBE)}
    _withdraw(item_ids[ECG], is_active=False)
    try:
        with pytest.raises(PackageItemUnusable) as refused:
            add()
        assert (refused.value.field, refused.value.details) == (
            "item_id",
            {"package": "老年人体检套餐", "items": "常规心电图(12导)"},
        )
        with pytest.raises(PackageItemUnusable):
            services.add_package(code="t3", name="套餐三", members=members((ECG, "1")), by=administrator)
    finally:
        _withdraw(item_ids[ECG], is_active=True)
    _unprice(ours["tenant_id"], item_ids[TUBE])
    with pytest.raises(PackageItemUnusable) as unpriced:
        add()
    assert unpriced.value.details["items"] == "一次性注射器"
    with pytest.raises(PriceMissing):
        services.add_package(
            code="t3", name="套餐三", members=[MemberInput(item_id=item_ids[TUBE])], by=administrator
        )
    assert view(bill).charges == []


def _withdraw(item_id: int, *, is_active: bool) -> None:
    from app.db import Mode

    with control_unit(Mode.WRITE):
        item = db.session.get(ServiceItem, item_id)
        assert item is not None
        item.is_active = is_active
        db.session.commit()


def _unprice(tenant_id: int, item_id: int) -> None:
    from app.db import Mode

    with tenant_unit(tenant_id, Mode.WRITE):
        for price in db.session.query(Price).filter(Price.item_id == item_id):
            price.valid_to = clock.now()
        db.session.commit()


def test_a_package_that_has_ended_or_not_begun_is_not_charged(
    package: Package, members: Any, make_bill: Any, cashier: Actor, administrator: Actor
) -> None:
    bill = make_bill([])
    waiting = services.add_package(
        code="tc09",
        name="明年套餐",
        members=members((BLOOD, "1")),
        valid_from=clock.today() + timedelta(days=1),
        by=administrator,
    )
    with pytest.raises(PackageEmpty) as early:
        services.add_charge(bill_id=bill.id, item_id=waiting.id, by=cashier)
    assert early.value.details["package"] == "明年套餐"
    services.end_package(package_id=waiting.id, by=administrator)
    services.end_package(package_id=package.id, by=administrator)
    with clock.at(clock.now() + timedelta(days=2)):
        for one in (waiting, package):
            with pytest.raises(PackageEmpty):
                services.add_charge(bill_id=bill.id, item_id=one.id, by=cashier)
        change = partial(services.change_package, package_id=package.id, name="又来", by=administrator)
        change(members=members((BLOOD, "1")))
        assert services.add_charge(bill_id=bill.id, item_id=package.id, by=cashier).package_name == "又来"


def test_versions_do_not_overlap_nor_begin_in_the_past(
    package: Package, members: Any, administrator: Actor
) -> None:
    change = partial(
        services.change_package,
        package_id=package.id,
        name="套餐",
        members=members((BLOOD, "1")),
        by=administrator,
    )
    with pytest.raises(PriceInPast):
        change(valid_from=clock.today() - timedelta(days=1))
    change(valid_from=clock.today() + timedelta(days=3))
    with pytest.raises(PackageOverlaps):
        change(valid_from=clock.today() + timedelta(days=2))


def test_a_package_is_found_by_its_name_of_today_until_the_new_one_begins(
    ours: dict[str, Any], package: Package, members: Any, administrator: Actor
) -> None:
    services.change_package(
        package_id=package.id,
        name="年度筛查",
        members=members((BLOOD, "1")),
        valid_from=clock.today() + timedelta(days=3),
        by=administrator,
    )
    with tenant_unit(ours["tenant_id"]):
        assert [view.name for view in queries.packages_to_charge("老年人体检", size=3)] == ["老年人体检套餐"]


def test_two_changes_at_once_leave_one_open_version(
    app: Flask, package: Package, members: Any, administrator: Actor, ours: Any
) -> None:
    held = members((BLOOD, "1"))
    with clock.at(clock.now() + timedelta(hours=1)):
        at_once(
            app,
            *(
                partial(
                    services.change_package,
                    package_id=package.id,
                    name=f"套餐{n}",
                    members=held,
                    by=administrator,
                )
                for n in range(3)
            ),
        )
    with tenant_unit(ours["tenant_id"]):
        versions = queries.versions_of(package.id)
    assert sum(version.valid_to is None for version in versions) == 1
    assert all(a.valid_to == b.valid_from for a, b in pairwise(versions))


def test_a_limit_holds_for_a_member_and_then_nothing_of_the_package_is_charged(
    package: Package, find_price: Any, make_bill: Any, view: Any, cashier: Actor, administrator: Actor
) -> None:
    services.set_limit(item_kind=ItemKind.SERVICE, item_id=find_price(ECG).item_id, most=1, by=administrator)
    bill = make_bill([])
    with pytest.raises(LimitDay) as refused:
        services.add_charge(bill_id=bill.id, item_id=package.id, quantity=D(2), by=cashier)
    assert (refused.value.field, refused.value.details["item"]) == ("item_id", "常规心电图(12导)")
    assert view(bill).charges == []
    services.add_charge(bill_id=bill.id, item_id=package.id, by=cashier)
    with pytest.raises(LimitDay):
        services.add_charge(bill_id=bill.id, item_id=package.id, by=cashier)


def test_a_part_of_a_package_is_not_charged(package: Package, make_bill: Any, cashier: Actor) -> None:
    with pytest.raises(PackageNotWhole) as refused:
        services.add_charge(bill_id=make_bill([]).id, item_id=package.id, quantity=D("0.5"), by=cashier)
    assert refused.value.field == "quantity"


def test_another_centres_package_is_not_known(
    package: Package, make_bill: Any, cashier: Actor, theirs: Any, find_price: Any
) -> None:
    with tenant_unit(theirs["tenant_id"]):
        assert queries.package_in_force(package.id) is None
        assert queries.list_packages().rows == []


def test_a_package_takes_a_fixed_number_of_statements(
    package: Package, members: Any, make_bill: Any, cashier: Actor, administrator: Actor
) -> None:
    bill = make_bill([])
    large = services.add_package(
        code="big",
        name="大套餐",
        members=members(*((f"X00{n:02d}", "1") for n in range(2, 30))),
        by=administrator,
    )
    few = _counted(bill.id, package.id, cashier)
    assert _counted(bill.id, large.id, cashier) == few
    assert few <= 8


def _counted(bill_id: int, package_id: int, by: Actor) -> int:
    with count_statements() as counted, command(f"counted-{package_id}"):
        services.add_charge(bill_id=bill_id, item_id=package_id, by=by)
    return counted.count


def test_packages_are_made_changed_and_ended_on_their_page(find_price: Any, sign_in: Any) -> None:
    office, desk = sign_in("administrator"), sign_in("cashier")
    typed = {
        "code": "tc07",
        "name": "高血压套餐",
        "members-0-item_id": str(find_price(BLOOD).item_id),
        "members-0-item_id-text": "血常规",
        "members-0-quantity": "1",
        "members-1-item_id": "",
        "members-1-quantity": "",
    }
    refused = office.post("/charging/packages", data=typed | {"members-0-quantity": "0"})
    assert refused.status_code == 422
    assert 'value="血常规(五分类)"' in refused.text
    made = office.post("/charging/packages", data=typed)
    assert made.status_code == 303, made.text
    page = office.get(made.location).text
    assert page.count("高血压套餐") >= 2
    assert "18.00" in page
    renamed = typed | {"name": "高血压套餐二"}
    with clock.at(clock.now() + timedelta(minutes=1)):
        held = office.post(made.location, data=renamed | {"members-0-item_id": made.location.split("/")[-1]})
        changed = office.post(made.location, data=renamed, follow_redirects=True)
    assert "套餐内不能再含套餐" in held.text
    assert "高血压套餐二" in changed.text
    for url in ("/charging/packages", made.location):
        with count_statements() as counted:
            office.get(url)
        assert counted.count <= 12, counted.statements
    assert desk.get(made.location).status_code == 200
    for url in ("/charging/packages", made.location, f"{made.location}/end"):
        assert desk.post(url, data=typed).status_code == 403
    ended = office.post(f"{made.location}/end", follow_redirects=True)
    assert "未生效" in ended.text
    assert desk.get("/lookup/charge-items", query_string={"q": "gxy"}).json["rows"] == []


def test_a_package_is_found_at_the_window_and_named_on_bill_and_receipt(
    package: Package, make_bill: Any, settle: Any, sign_in: Any
) -> None:
    desk = sign_in("cashier")
    found = desk.get("/lookup/charge-items", query_string={"q": "lnr"}).json["rows"]
    assert [(row["code"], row["columns"]) for row in found] == [("TC01", ["套餐，3 项", "¥ 39.20"])]
    bill = make_bill()
    desk.post(f"/charging/desk/{bill.id}/charges", data={"item_id": found[0]["id"], "quantity": "1"})
    assert desk.get(f"/charging/desk/{bill.id}").text.count("老年人体检套餐") == 3
    receipt = settle(bill)
    paper = desk.post(f"/charging/settlements/{receipt.id}/receipt-prints", follow_redirects=True)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(paper.data)).pages)
    assert re.sub(r"\s", "", text).count("[老年人体检套餐]") == 3


def test_only_who_keeps_prices_makes_packages(members: Any, cashier: Actor) -> None:
    with pytest.raises(PermissionDenied):
        services.add_package(code="tc08", name="套餐", members=members((BLOOD, "1")), by=cashier)
