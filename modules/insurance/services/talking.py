"""A conversation with the insurer: one operator, one budget of time, everything said is kept."""

from typing import Any

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from app.db.units import in_write_unit
from modules.insurance import queries
from modules.insurance.errors import InsurerAway, InsurerRefused, NotConnected
from modules.insurance.gateways.insurer import Deadline, Said, say
from modules.insurance.models import Outcome
from modules.insurance.queries import Line, Talk
from modules.insurance.services import connection
from modules.insurance.services.facts import ExchangeFact, exchange_facts


class Conversation:
    """What is said to the insurer within one act at a desk."""

    def __init__(self, line: Line, by: Actor, *, region: str = "", deadline: Deadline | None = None) -> None:
        if in_write_unit():
            raise RuntimeError("nobody calls out inside a transaction")
        self.line, self.by, self.region = line, by, region
        self.deadline = deadline or Deadline()
        self.said: list[Said] = []

    def try_to(self, infno: str, inputs: dict[str, Any], *, msgid: str = "") -> Said:
        """Say it and take whatever comes of it."""
        line = self.line
        said = say(
            line.url,
            line.key,
            line.sender,
            infno,
            inputs,
            deadline=self.deadline,
            msgid=msgid,
            insured_region=self.region,
        )
        self.said.append(said)
        return said

    def must(self, infno: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Say what changes nothing for good, and return the answer's content.

        Raises:
            InsurerAway: no answer to be trusted.
            InsurerRefused: the insurer says no.
        """
        said = self.try_to(infno, inputs)
        if said.outcome is Outcome.REFUSED:
            raise InsurerRefused(reason=refusal_of(said))
        if said.outcome is not Outcome.DONE:
            raise InsurerAway
        output: dict[str, Any] = said.told.get("output") or {}
        return output

    def kept(self) -> list[ExchangeFact]:
        """What was said since the last time, to be stored with the next use case."""
        facts, self.said = exchange_facts(self.said), []
        return facts

    def sign_in(self) -> None:
        """Sign the operator in (9001), once a day."""
        if self.line.sender.sign_no:
            return
        given = {"signIn": {"opter_no": str(self.by.account_id), "mac": "", "ip": self.by.address}}
        told = self.must("9001", given)
        sign_no = str(told.get("signinoutb", {}).get("sign_no", ""))[:40]
        if not sign_no:
            raise InsurerAway
        connection.note_sign_in(sign_no=sign_no, by=self.by)
        with tenant_unit(tenant_id_of(self.by)):
            self.line = queries.line_of(self.by) or self.line


def refusal_of(said: Said) -> str:
    """The insurer's own words."""
    return str(said.told.get("err_msg", ""))[:400]


def tenant_id_of(by: Actor) -> int:
    """The centre of the operator."""
    if by.tenant_id is None:
        raise NotConnected
    return by.tenant_id


def begin(by: Actor) -> Conversation:
    """A conversation about nothing yet.

    Raises:
        NotConnected: the centre has no connection in use.
    """
    with tenant_unit(tenant_id_of(by)):
        line = queries.line_of(by)
    if line is None:
        raise NotConnected
    return Conversation(line, by)


def begin_about(settlement_id: int, by: Actor) -> tuple[Conversation, Talk]:
    """A conversation about a settlement."""
    with tenant_unit(tenant_id_of(by)):
        talk = queries.talk_of(settlement_id, by)
        _ = talk.person.person_no, talk.person.document_no  # opened while the centre's keys are at hand
    return Conversation(talk.line, by, region=talk.person.region), talk


def today() -> str:
    """The centre's day, as messages write it."""
    return clock.today().isoformat()
