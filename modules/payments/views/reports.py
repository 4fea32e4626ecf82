"""Where channels report a payment by themselves; no session, no cookie, a signature instead."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from app.errors import InvalidInput
from app.web.access import proven_by
from modules.payments import services
from modules.payments.gateways.channels import NONCE, SIGNATURE, TIME
from modules.payments.rules.protocol import LONGEST_BODY

reports = Blueprint("payments_reports", __name__, url_prefix="/payments")


@reports.post("/callbacks/<string:centre_code>-<string:key>")
@proven_by(SIGNATURE)
def take_report(centre_code: str, key: str) -> ResponseReturnValue:
    """Take a channel's report; it sends it again until it is told that it was taken."""
    body = request.get_data(as_text=True)
    if len(body) > LONGEST_BODY:
        raise InvalidInput({"body": [""]})
    moment, nonce, signature = (request.headers.get(name, "") for name in (TIME, NONCE, SIGNATURE))
    merchant, by = services.find_reporter(centre_code, key, services.Report(moment, nonce, signature, body))
    services.take_report(merchant_id=merchant.id, body=body, by=by)
    return jsonify(code="OK")
