"""Setting up merchants."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, current_tenant, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.payments import queries, services
from modules.payments.models import Merchant
from modules.payments.rules.states import OUTSIDE
from modules.payments.views.pages import blueprint


@blueprint.get("/merchants")
@requires("payments.merchant.view")
@fresh
def list_merchants() -> ResponseReturnValue:
    """The institution's merchants and the addresses that their channels report to."""
    return _page()


@blueprint.post("/merchants")
@requires("payments.merchant.manage")
def set_up_merchant() -> ResponseReturnValue:
    """Take a channel into use, or replace its merchant."""
    form = Form(services.set_up_merchant, request.form)
    merchant = form.perform(by=current_actor())
    if merchant is None:
        return _page(form), 422
    flash(
        gettext(
            "%(channel)s goes through merchant %(number)s",
            channel=merchant.channel.label,
            number=merchant.merchant_no,
        ),
        "ok",
    )
    return redirect(url_for(".list_merchants"), 303)


@blueprint.post("/merchants/<int:merchant_id>/retire")
@requires("payments.merchant.manage")
def retire_merchant(merchant_id: int) -> ResponseReturnValue:
    """Take no new orders through a merchant."""
    Form(services.retire_merchant, request.form, merchant_id=merchant_id).perform_or_raise(by=current_actor())
    return redirect(url_for(".list_merchants"), 303)


def _page(form: Form | None = None) -> str:
    return render_template(
        "payments/merchants.html",
        rows=queries.list_merchants(),
        address=_address,
        may_manage=current_actor().may("payments.merchant.manage"),
        form=form or Form(services.set_up_merchant),
        channels=[(channel.value, channel.label) for channel in OUTSIDE],
    )


def _address(merchant: Merchant) -> str:
    """Where the channel of this merchant reports."""
    return url_for(
        "payments_reports.take_report",
        centre_code=current_tenant().code,
        key=merchant.callback_key,
        _external=True,
    )
