"""Channels, ways to pay and the lives of orders; a state only ever moves forward."""

from app.i18n import N_, Choice


class Channel(Choice):
    """Where the money of an order moves (支付渠道)."""

    WECHAT = "wechat", N_("WeChat Pay")
    ALIPAY = "alipay", N_("Alipay")
    BANK_CARD = "bank_card", N_("Bank card")
    DIGITAL_YUAN = "digital_yuan", N_("Digital yuan")
    PREPAID = "prepaid", N_("Prepaid account")


OUTSIDE = (Channel.WECHAT, Channel.ALIPAY, Channel.BANK_CARD, Channel.DIGITAL_YUAN)  # they have merchants


class Way(Choice):
    """Who shows the code, and who scans it."""

    PAYER_CODE = "payer_code", N_("The payer's code is scanned")
    QR = "qr", N_("A code is shown to the payer")
    ACCOUNT = "account", N_("From the prepaid account")


class OrderState(Choice):
    """The life of a payment order (支付单)."""

    CREATED = "created", N_("To be paid")
    PAYING = "paying", N_("Being paid")
    DISPUTED = "disputed", N_("Another amount was paid")
    SUCCESS = "success", N_("Payment made")
    FAILED = "failed", N_("Payment failed")
    CLOSED = "closed", N_("Payment closed")


OPEN = (OrderState.PAYING, OrderState.DISPUTED)  # the channel is asked until it is known
NEXT = {
    OrderState.CREATED: {OrderState.PAYING, OrderState.CLOSED},
    OrderState.PAYING: {OrderState.DISPUTED, OrderState.SUCCESS, OrderState.FAILED, OrderState.CLOSED},
    OrderState.DISPUTED: {OrderState.SUCCESS},
    OrderState.SUCCESS: set(),
    OrderState.FAILED: set(),
    OrderState.CLOSED: set(),
}


class Surplus(Choice):
    """Why money came that nothing waits for; it goes back by itself."""

    NONE = "none", N_("Awaited")
    LATE = "late", N_("Paid after the order had ended")
    DUPLICATE = "duplicate", N_("Paid a second time")


class RefundState(Choice):
    """The life of a refund order (退款单)."""

    REFUNDING = "refunding", N_("Being given back")
    REFUNDED = "refunded", N_("Back with the payer")
    REFUND_FAIL = "refund_fail", N_("Could not be given back")


class Verb(Choice):
    """What a channel is asked for."""

    PAY = "pay", N_("Take the money")
    PRECREATE = "precreate", N_("Make a code")
    QUERY = "query", N_("Ask how it stands")
    CLOSE = "close", N_("Close the order")
    REFUND = "refund", N_("Give money back")
    REFUND_QUERY = "refund-query", N_("Ask how the refund stands")
    CALLBACK = "callback", N_("The channel reports")


class Direction(Choice):
    """Who said it."""

    SENT = "sent", N_("Said by us")
    RECEIVED = "received", N_("Said by the channel")


class Outcome(Choice):
    """What is known after a call to a channel."""

    ANSWERED = "answered", N_("Answer received")
    REFUSED = "refused", N_("Refused by the channel")
    UNKNOWN = "unknown", N_("Not known")


def may_move(before: OrderState, after: OrderState) -> bool:
    """Whether an order may go from one state to the other; staying is no move."""
    return before == after or after in NEXT[before]


def may_refund_move(before: RefundState, after: RefundState) -> bool:
    """Whether a refund may go from one state to the other."""
    return before in {after, RefundState.REFUNDING}
