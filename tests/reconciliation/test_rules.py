"""The rules of reconciliation, bare: G9, the classes, the formula, fees, and files that are not what was agreed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.reconciliation.rules.arrivals import ArrivalUnreadable, read_arrivals
from modules.reconciliation.rules.comparing import Facts, add_up, classify, completes
from modules.reconciliation.rules.fees import arrival_of, expected_fee, fee_of
from modules.reconciliation.rules.refunds import Booked, Sent, pair
from modules.reconciliation.rules.statements import Line, StatementRefused, read_statement
from modules.reconciliation.rules.states import EntryClass, Fault, Form, Step
from modules.reconciliation.rules.steps import Standing, next_step

D = Decimal
NOON = datetime(2026, 11, 19, 4, tzinfo=UTC)
LATE = datetime(2026, 11, 19, 15, 59, 58, tzinfo=UTC)  # 23:59:58 in Shanghai
MIDNIGHT = datetime(2026, 11, 19, 16, tzinfo=UTC)
RATE = D("0.006")


def facts(number: str, his: str = "", line: str = "", **given: Any) -> Facts:
    """Facts of an order that went as it should, unless told otherwise."""
    amount = his or line
    told = {"at": NOON, "is_done": bool(his), "order_amount": D(amount) if his else None, **given}
    return Facts(
        out_trade_no=number,
        his_amount=D(his) if his else None,
        line_amount=D(line) if line else None,
        **told,
    )


def g9() -> list[Facts]:
    """The day of G9."""
    return [
        facts("O1", "62.40", "62.40"),
        facts("O2", "30.00", "30.00"),
        facts("O3", "15.00", at=LATE),
        facts("O4", "-20.00", "-20.00", out_refund_no="R4"),
        facts("O5", line="18.00"),
    ]


def test_the_day_of_g9_comes_to_what_the_channel_says() -> None:
    classed = {one.out_trade_no: classify(one, MIDNIGHT) for one in g9()}
    assert classed == {
        "O1": EntryClass.MATCHED,
        "O2": EntryClass.MATCHED,
        "O3": EntryClass.CROSS_DAY,
        "O4": EntryClass.MATCHED,
        "O5": EntryClass.LONG,
    }
    his = sum((one.his_amount or D(0) for one in g9()), D(0))
    formula = add_up(
        [(kind, one.difference) for one in g9() if (kind := classify(one, MIDNIGHT))],
        his=his,
        gross=D("110.40"),
        back=D("20.00"),
    )
    assert (formula.his, formula.long, formula.cross_day, formula.short) == (
        D("87.40"),
        D("18.00"),
        D("-15.00"),
        D(0),
    )
    assert formula.net == D("90.40")
    assert formula.holds


def test_what_g9_calls_short_is_so_only_when_nothing_is_put_off_any_more() -> None:
    late = g9()[2]
    assert classify(late, None) is EntryClass.SHORT
    assert completes(late, facts("O3", line="15.00"))
    assert not completes(late, facts("O3", line="15.01"))
    assert not completes(late, facts("O3", "15.00", "15.00"))


def test_the_fee_of_g9_is_rounded_half_up_and_comes_back_where_that_is_agreed() -> None:
    assert fee_of(D("110.40"), RATE) == D("0.66")
    amounts = [D("62.40"), D("30.00"), D("18.00"), D("-20.00")]
    assert expected_fee(amounts, RATE, returns_fee=False) == D("0.66")
    assert expected_fee(amounts, RATE, returns_fee=True) == D("0.54")
    assert arrival_of(D("110.40"), D("20.00"), D("0.54")) == D("89.86")


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (facts("A", "9.00", "9.00"), EntryClass.MATCHED),
        (facts("A", "9.00", "9.01"), EntryClass.AMOUNT),
        (facts("A", "9.00", "9.00", order_amount=D("8.00")), EntryClass.AMOUNT),
        (facts("A", "9.00", "9.00", is_done=False), EntryClass.STATE),
        (facts("A", "9.00", "9.00", order_amount=None), EntryClass.STATE),
        (facts("A", "9.00", "9.00", order_amount=None, is_by_hand=True), EntryClass.MATCHED),
        (facts("A", "9.00", "9.01", order_amount=None, is_by_hand=True), EntryClass.AMOUNT),
        (facts("A", line="9.00", is_disputed=True), EntryClass.AMOUNT),
        (facts("A", line="9.00", is_second=True), EntryClass.DUPLICATE),
        (facts("A", line="9.00", is_second=True, at=LATE), EntryClass.DUPLICATE),
        (facts("A", line="9.00"), EntryClass.LONG),
        (facts("A", line="9.00", at=LATE), EntryClass.CROSS_DAY),
        (facts("A", "9.00"), EntryClass.SHORT),
        (facts("A", "9.00", at=LATE), EntryClass.CROSS_DAY),
        (facts("A", "-9.00", out_refund_no="R"), EntryClass.STATE),
        (facts("A", "-9.00", out_refund_no="R", at=LATE), EntryClass.CROSS_DAY),
        (facts("A", "-9.00", out_refund_no="R", at=LATE, is_done=False), EntryClass.STATE),
        (facts("A", is_done=True), EntryClass.STATE),
        (facts("A"), None),
    ],
)
def test_an_entry_has_one_class(one: Facts, kind: EntryClass | None) -> None:
    assert classify(one, MIDNIGHT) is kind


amounts = st.decimals(min_value=-500, max_value=500, places=2).filter(bool)
sides = st.one_of(st.none(), amounts)


@given(st.lists(st.tuples(sides, sides, st.booleans(), st.booleans()), max_size=12))
def test_the_formula_holds_for_any_day_and_each_entry_counts_once(rows: Iterable[Any]) -> None:
    day = [
        Facts(
            out_trade_no=str(place),
            at=LATE if is_late else NOON,
            his_amount=his,
            line_amount=line,
            order_amount=his,
            is_done=is_done,
        )
        for place, (his, line, is_late, is_done) in enumerate(rows)
    ]
    classed = [(kind, one.difference) for one in day if (kind := classify(one, MIDNIGHT))]
    lines = [one.line_amount for one in day if one.line_amount]
    formula = add_up(
        classed,
        his=sum((one.his_amount or D(0) for one in day), D(0)),
        gross=sum((line for line in lines if line > 0), D(0)),
        back=-sum((line for line in lines if line < 0), D(0)),
    )
    assert formula.holds
    assert all(not difference for kind, difference in classed if kind is EntryClass.MATCHED)


@pytest.mark.parametrize(
    ("kind", "standing", "step"),
    [
        (EntryClass.LONG, {"is_open": True}, Step.ASK),
        (EntryClass.LONG, {"surplus": D(1)}, Step.REFUND),
        (EntryClass.LONG, {"surplus": D(0), "refund_waits": True}, Step.RETRY_REFUND),
        (EntryClass.LONG, {}, Step.EXPLAIN),
        (EntryClass.SHORT, {}, Step.CARRY),
        (EntryClass.SHORT, {"was_carried": True}, Step.RECOLLECT),
        (EntryClass.AMOUNT, {"surplus": D(1)}, Step.REFUND),
        (EntryClass.AMOUNT, {}, Step.EXPLAIN),
        (EntryClass.STATE, {"refund_waits": True}, Step.RETRY_REFUND),
        (EntryClass.STATE, {"is_open": True}, Step.ASK),
        (EntryClass.DUPLICATE, {"surplus": D(1)}, Step.REFUND),
        (EntryClass.DUPLICATE, {"refund_waits": True}, Step.RETRY_REFUND),
    ],
)
def test_a_difference_has_one_next_step(kind: EntryClass, standing: dict[str, Any], step: Step) -> None:
    assert next_step(kind, Standing(**standing)) is step


def test_refunds_find_their_orders_by_amount_and_what_finds_none_stands_alone() -> None:
    booked = [Booked(1, D("-5.00")), Booked(2, D("-5.00")), Booked(3, D("-7.00"))]
    paired, alone = pair(booked, [Sent(11, D("5.00")), Sent(12, D("5.00")), Sent(13, D("8.00"))])
    assert {key: one.settlement_id for key, one in paired.items()} == {11: 1, 12: 2}
    assert alone == [booked[2]]


HEAD = "time,out_trade_no,out_refund_no,trade_no,kind,amount,fee,status"
CHINESE = "交易时间,商户订单号,商户退款单号,渠道流水号,类型,金额,手续费,状态"
ROWS = [
    "2026-11-19T10:00:00+08:00,O1,,T1,PAY,62.40,0.37,SUCCESS",
    "2026-11-19T11:00:00+08:00,O4,R4,F1,REFUND,-20.00,-0.12,SUCCESS",
]
FOOT = "TOTAL,2,62.40,20.00,0.25,42.15"


def written(rows: list[str], head: str = HEAD, foot: str = FOOT, encoding: str = "utf-8") -> bytes:
    """A file of a channel."""
    return ("\r\n".join([head, *rows, foot]) + "\r\n").encode(encoding)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (written(ROWS), Form.CSV),
        (written(ROWS, encoding="utf-8-sig"), Form.CSV),
        (written([row.replace("T1,", '"T,1",') for row in ROWS], CHINESE, encoding="gbk"), Form.CSV_GBK),
        (written(ROWS).replace(b",", b"|"), Form.PIPE),
    ],
)
def test_every_form_becomes_the_same_lines(content: bytes, form: Form) -> None:
    statement = read_statement(content, form)
    assert [line.key for line in statement.lines] == [("O1", ""), ("O4", "R4")]
    assert (statement.gross, statement.back, statement.fee) == (D("62.40"), D("20.00"), D("0.25"))
    assert statement.lines[0] == Line(
        datetime(2026, 11, 19, 2, tzinfo=UTC), "O1", "", statement.lines[0].trade_no, D("62.40"), D("0.37")
    )


def test_a_line_that_stands_twice_counts_once_and_is_named() -> None:
    statement = read_statement(written([ROWS[0], *ROWS]), Form.CSV)
    assert len(statement.lines) == 2
    assert statement.repeated == ("O1",)


@pytest.mark.parametrize(
    ("content", "form", "fault"),
    [
        (b"", Form.CSV, Fault.UNREADABLE),
        (b"hello", Form.CSV, Fault.UNREADABLE),
        (written(ROWS, CHINESE, encoding="gbk"), Form.CSV, Fault.UNREADABLE),
        (written(ROWS), Form.PIPE, Fault.UNREADABLE),
        (written(ROWS).replace(b"TOTAL,2,62.40,20.00,0.25,42.15\r\n", b""), Form.CSV, Fault.CUT_OFF),
        (written([ROWS[0].replace("62.40", "62.4"), ROWS[1]]), Form.CSV, Fault.FOREIGN_LINE),
        (written([ROWS[0].replace("SUCCESS", "MAYBE"), ROWS[1]]), Form.CSV, Fault.FOREIGN_LINE),
        (written([ROWS[0].replace("PAY", "REFUND"), ROWS[1]]), Form.CSV, Fault.FOREIGN_LINE),
        (written([ROWS[0], ROWS[0].replace("62.40", "62.41"), ROWS[1]]), Form.CSV, Fault.CONTRADICTORY),
        (written(ROWS, foot=FOOT.replace("TOTAL,2", "TOTAL,3")), Form.CSV, Fault.WRONG_COUNT),
        (written(ROWS, foot=FOOT.replace("62.40", "62.41")), Form.CSV, Fault.WRONG_TOTALS),
    ],
)
def test_a_file_that_is_not_whole_is_refused_with_its_reason(
    content: bytes, form: Form, fault: Fault
) -> None:
    with pytest.raises(StatementRefused) as refused:
        read_statement(content, form)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("form", "encoding", "head"), [(Form.CSV, "utf-8", HEAD), (Form.CSV_GBK, "gbk", CHINESE)]
)
@given(share=st.floats(0.01, 0.99))
def test_a_file_cut_anywhere_is_never_taken(form: Form, encoding: str, head: str, share: float) -> None:
    whole = written(ROWS * 1, head, encoding=encoding)
    cut = whole[: int((len(whole) - 4) * share)]
    with pytest.raises(StatementRefused):
        read_statement(cut, form)


def hostile(**other: str) -> bytes:
    """A whole statement of one refund with a field that no books can keep."""
    row = {"at": "2026-11-19 10:00:00", "pay": "P1", "refund": "R1", "trade": "T1", "amount": "1.00", **other}
    line = f"{row['at']},{row['pay']},{row['refund']},{row['trade']},REFUND,-{row['amount']},0.00,SUCCESS"
    amount = row["amount"]
    return written([line], foot=f"TOTAL,1,0.00,{amount},0.00,-{amount}")


@pytest.mark.parametrize(
    "other",
    [
        {"at": "0001-01-01 00:00:00"},
        {"at": "9999-12-31 23:59:59-08:00"},
        {"refund": "R" * 65},
        {"refund": "退"},
        {"refund": "R\0"},
        {"trade": "T\0"},
    ],
)
def test_a_line_that_no_books_can_keep_is_refused(other: dict[str, str]) -> None:
    assert read_statement(hostile(), Form.CSV).back == D("1.00")
    with pytest.raises(StatementRefused) as refused:
        read_statement(hostile(**other), Form.CSV)
    assert refused.value.fault is Fault.FOREIGN_LINE


@pytest.mark.parametrize("text", ["x" * 140_000, "2026-11-19\r,2026-11-20,1.00,B1"])
def test_what_the_reader_of_lines_chokes_on_is_refused(text: str) -> None:
    with pytest.raises(ArrivalUnreadable):
        read_arrivals(text)


def test_lines_of_the_bank_are_read_with_or_without_heads() -> None:
    text = "day,arrived,amount,number\n2026-11-19,2026-11-20,89.86,B1\n2026-11-18\t2026-11-20\t-3.5\tB2\n"
    assert [(line.amount, line.reference) for line in read_arrivals(text)] == [
        (D("89.86"), "B1"),
        (D("-3.5"), "B2"),
    ]


@pytest.mark.parametrize(
    "row", ["2026-11-19,2026-11-20,0.00,B1", "2026-11-19,x,1.00,B1", "2026-11-19,1.00,B1"]
)
def test_a_line_of_the_bank_that_cannot_be_read_is_named(row: str) -> None:
    with pytest.raises(ArrivalUnreadable) as refused:
        read_arrivals(f"2026-11-19,2026-11-20,1.00,B0\n{row}")
    assert refused.value.place == 2
