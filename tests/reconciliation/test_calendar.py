"""The calendar keeps one column for a merchant number, also when the merchant was set up anew."""

import pytest

from modules.reconciliation.queries import Calendar, Source


@pytest.mark.one_engine
def test_a_merchant_that_was_set_up_anew_goes_on_in_its_column() -> None:
    old = Source("m1", "wechat", 1, "A-1", is_active=False)
    new = Source("m2", "wechat", 2, "A-1")
    other = Source("m3", "wechat", 3, "A-2")
    insurer = Source("insurer", "insurer")
    assert Calendar([], [old, new, other, insurer], {}).columns == [[old, new], [other], [insurer]]
