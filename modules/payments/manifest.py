"""What unified payment adds to the product."""

from flask import url_for

from app.actor import Actor
from app.i18n import N_
from app.money import format_amount
from app.registry import (
    FIRST_ROWS,
    Heap,
    MenuEntry,
    Module,
    Permission,
    Pursuit,
    Waiting,
    WaitingRow,
)
from modules.payments import queries, views
from modules.payments.services import conduct


def unclear_heap(by: Actor) -> Heap:
    """Payments that do not end by themselves, the latest first."""
    count, orders = queries.to_look_after(size=FIRST_ROWS)
    rows = [
        WaitingRow(
            order.created_at,
            f"{order.channel.label} ¥ {format_amount(order.amount)}",
            order.state.label,
            url_for("payments.show_order", order_id=order.id),
            "d",
        )
        for order in orders
    ]
    return Heap(count, rows)


module = Module(
    name="payments",
    label=N_("Unified payment"),
    requires=("patients",),
    blueprints=(views.blueprint, views.reports),
    menu=(
        MenuEntry(
            N_("Payment orders"), "payments.list_orders", "credit-card", "payments.order.view", order=62
        ),
        MenuEntry(
            N_("Prepaid accounts"), "payments.find_account", "wallet", "payments.account.view", order=63
        ),
        MenuEntry(
            N_("Payment merchants"),
            "payments.list_merchants",
            "building-bank",
            "payments.merchant.view",
            "administration",
            45,
        ),
    ),
    waiting=(
        Waiting(
            N_("Payments to look after"),
            "payments.order.ask",
            "payments.list_orders",
            unclear_heap,
            "credit-card",
            nothing=N_("Every payment is known: here, or with its channel."),
            order=48,
        ),
    ),
    acts={
        "payment.read": N_("Payment order read"),
        "payment.opened": N_("Payment order opened"),
        "payment.sent": N_("Payment sent to the channel"),
        "payment.from_account": N_("Paid from the prepaid account"),
        "payment.asked": N_("Channel asked about a payment"),
        "payment.answered": N_("Answer of a channel noted"),
        "payment.reported": N_("Report of a channel taken"),
        "payment.report_refused": N_("Report with a wrong signature refused"),
        "payment.close_asked": N_("Payment order closed"),
        "payment.close_sent": N_("Channel told to close a payment"),
        "payment.refund_opened": N_("Refund order opened"),
        "payment.refund_sent": N_("Refund sent to the channel"),
        "payment.refund_asked": N_("Channel asked about a refund"),
        "prepaid.read": N_("Prepaid account read"),
        "prepaid.topped_up": N_("Prepaid account topped up"),
        "prepaid.paid_out": N_("Prepaid account paid out"),
        "merchant.set_up": N_("Payment merchant set up"),
        "merchant.retired": N_("Payment merchant no longer used"),
    },
    permissions=(
        Permission(
            "payments.order.view",
            N_("See payment orders"),
            ("cashier", "registrar", "administrator", "auditor"),
        ),
        Permission("payments.order.take", N_("Take payments through channels"), ("cashier", "registrar")),
        Permission(
            "payments.order.ask",
            N_("Ask channels about payments and close them"),
            ("cashier", "registrar", "administrator"),
        ),
        Permission("payments.refund.give", N_("Give payments back"), ("cashier",)),
        Permission(
            "payments.account.view",
            N_("See prepaid accounts"),
            ("cashier", "registrar", "auditor"),
        ),
        Permission("payments.account.top_up", N_("Lay cash into prepaid accounts"), ("cashier",)),
        Permission("payments.account.pay_out", N_("Pay prepaid accounts out"), ("cashier",)),
        Permission("payments.merchant.view", N_("See payment merchants"), ("administrator", "auditor")),
        Permission("payments.merchant.manage", N_("Set up payment merchants"), ("administrator",)),
    ),
    pursues=(Pursuit(queries.centres_due, conduct.pursue),),
    checks=(queries.check_payments,),
)
