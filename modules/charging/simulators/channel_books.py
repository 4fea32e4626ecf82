"""The books of the played payment channels: merchants, trades, refunds, and the statement file of a day."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from modules.charging.simulators.keeping import Keeper

CHINA = timezone(timedelta(hours=8))
FEES = {"wechat": "0.006", "alipay": "0.006", "bank_card": "0.0055", "digital_yuan": "0"}
HEAD = ("time", "out_trade_no", "out_refund_no", "trade_no", "kind", "amount", "fee", "status")
CHINESE = ("交易时间", "商户订单号", "商户退款单号", "渠道流水号", "类型", "金额", "手续费", "状态")


@dataclass
class Merchant:
    """Who may ask, and where reports go."""

    merchant_no: str
    channel: str
    secret: str
    notify_url: str = ""


@dataclass
class Trade:
    """A payment as the channel has it; times are ISO 8601 at +08:00."""

    merchant_no: str
    out_trade_no: str
    total_fen: int
    state: str  # WAITING | PAYING | SUCCESS | FAILED | CLOSED
    trade_no: str
    description: str = ""
    expires_at: str = ""
    paid_at: str = ""
    file_day: str = ""  # in whose statement it stands
    qr: str = ""
    refunded_fen: int = 0


@dataclass
class Refund:
    """Money given back."""

    merchant_no: str
    out_trade_no: str
    out_refund_no: str
    refund_fen: int
    state: str
    refund_trade_no: str
    done_at: str = ""
    file_day: str = ""


@dataclass
class Books:
    """Everything the channels know; written to a folder after each change when one is given."""

    folder: Path | None = None
    merchants: dict[str, Merchant] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    serial: int = 0

    def __post_init__(self) -> None:
        self.keeper = Keeper(self._write)
        file = self._file()
        if file is None or not file.exists():
            return
        kept = json.loads(file.read_text(encoding="utf-8"))
        self.serial = kept["serial"]
        self.merchants = {key: Merchant(**row) for key, row in kept["merchants"].items()}
        self.trades = {key: Trade(**row) for key, row in kept["trades"].items()}
        self.refunds = {key: Refund(**row) for key, row in kept["refunds"].items()}

    def save(self) -> None:
        """Keep the books."""
        self.keeper.changed()

    def _write(self) -> None:
        file = self._file()
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        kept: dict[str, object] = {"serial": self.serial}
        for name in ("merchants", "trades", "refunds"):
            kept[name] = {key: asdict(row) for key, row in getattr(self, name).items()}
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        fresh.replace(file)

    def next_no(self, letter: str) -> str:
        """A number of the channel's own."""
        self.serial += 1
        return f"{letter}{self.serial:014d}"

    def remember(self, merchant_no: str, number: str, refund: str, fen: int, at: str, day: str) -> None:
        """A payment, or a refund (negative), of a day before these books began."""
        if refund:
            key = f"{merchant_no}/{refund}"
            self.refunds[key] = Refund(
                merchant_no, number, refund, -fen, "SUCCESS", self.next_no("F"), done_at=at, file_day=day
            )
        else:
            key = f"{merchant_no}/{number}"
            trade = Trade(merchant_no, number, fen, "SUCCESS", self.next_no("T"), paid_at=at, file_day=day)
            self.trades[key] = trade

    def _file(self) -> Path | None:
        return self.folder / "books.json" if self.folder else None


@dataclass(frozen=True)
class Line:
    """One line of a statement; refunds are negative, and so is the fee that comes back with them."""

    at: str
    out_trade_no: str
    out_refund_no: str
    trade_no: str
    kind: str
    amount: Decimal
    fee: Decimal
    status: str

    def texts(self) -> list[str]:
        """As it stands in a file."""
        values = (
            self.at,
            self.out_trade_no,
            self.out_refund_no,
            self.trade_no,
            self.kind,
            self.amount,
            self.fee,
        )
        return [str(value) for value in (*values, self.status)]


def fee_of(channel: str, fen: int) -> Decimal:
    """What the channel keeps of an amount, rounded half up on each line."""
    fee = Decimal(fen).scaleb(-2) * Decimal(FEES.get(channel, "0"))
    return fee.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def lines_of(books: Books, merchant: Merchant, day: str) -> list[Line]:
    """The lines of a merchant's day, in the order of their times."""
    found = []
    for trade in books.trades.values():
        if trade.merchant_no == merchant.merchant_no and trade.file_day == day:
            amount, fee = Decimal(trade.total_fen).scaleb(-2), fee_of(merchant.channel, trade.total_fen)
            found.append(
                Line(trade.paid_at, trade.out_trade_no, "", trade.trade_no, "PAY", amount, fee, "SUCCESS")
            )
    for row in books.refunds.values():
        if row.merchant_no == merchant.merchant_no and row.file_day == day:
            amount, fee = -Decimal(row.refund_fen).scaleb(-2), -fee_of(merchant.channel, row.refund_fen)
            found.append(
                Line(
                    row.done_at,
                    row.out_trade_no,
                    row.out_refund_no,
                    row.refund_trade_no,
                    "REFUND",
                    amount,
                    fee,
                    "SUCCESS",
                )
            )
    return sorted(found, key=lambda line: (line.at, line.trade_no))


def statement(books: Books, merchant: Merchant, day: str, form: str, *, cut: bool, double: bool) -> bytes:
    """The file of a day: ``csv`` (UTF-8), ``csv-gbk`` (Chinese heads) or ``pipe``; the last line counts and sums."""
    lines = lines_of(books, merchant, day)
    rows = [line.texts() for line in lines]
    gross = sum((line.amount for line in lines if line.amount > 0), Decimal("0.00"))
    back = -sum((line.amount for line in lines if line.amount < 0), Decimal("0.00"))
    fee = sum((line.fee for line in lines), Decimal("0.00"))
    foot = ["TOTAL", str(len(rows)), str(gross), str(back), str(fee), str(gross - back - fee)]
    if double and rows:
        rows.insert(1, rows[0])
    mark = "|" if form == "pipe" else ","
    head = CHINESE if form == "csv-gbk" else HEAD
    text = "\r\n".join(mark.join(row) for row in [list(head), *rows, foot]) + "\r\n"
    told = text.encode("gbk" if form == "csv-gbk" else "utf-8")
    return told[: len(told) // 2] if cut else told


def day_of(moment: datetime) -> str:
    """The day in China."""
    return moment.astimezone(CHINA).date().isoformat()


def day_after(day: str) -> str:
    """The day that follows."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
