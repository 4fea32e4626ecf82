"""Bills, payments, refunds, invoices and the cashier's shift (收费结算)."""
