"""A day on which each of the seven classes of C5 occurs, for tests of services and of the browser."""

from support.reconciling import Till, moment


def play(till: Till) -> None:
    """Play 18 and 19 November: matched, long, short, amount, state, across days, paid twice."""
    with moment("18 10:00:00"):
        old = till.pay("20.00")
    with moment("18 23:59:58"):
        till.channel.misbehave("midnight")
        till.pay("15.00")  # across days: stands in the statement of the 19th
    with moment("19 10:00:00"):
        till.pay("62.40")  # matched
        till.lose("18.00")  # long
        short = till.order(till.pay("33.00"))
        other = till.order(till.pay("41.00"))
        till.channel.misbehave("dead")
        till.refund(old, "20.00")  # the refund never reached the channel: state differs
        till.pay_twice("27.00")
    books = till.channel.books
    merchant_no = next(iter(books.merchants))
    del books.trades[f"{merchant_no}/{short.out_trade_no}"]  # the channel knows nothing of it
    books.trades[f"{merchant_no}/{other.out_trade_no}"].total_fen += 100
    with moment("19 09:40:00"):
        till.compare("18")
