"""What is unusual: pure rules over rows of a trail, the counts so far, and what is known of people.

Source: GB/T 22239-2019, 8.1.4.3 and 8.1.5.4 ask that misuse is found and told; the figures are house rules, each a
setting of the centre.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app.i18n import N_, Choice

BUCKET = timedelta(minutes=10)
HOUR = timedelta(hours=1)
ADMINISTRATORS = frozenset(
    {
        "administrator",
        "security_administrator",
        "auditor",
        "district_operator",
        "district_security",
        "district_auditor",
    }
)
_ROLES_OF = ("account.created", "account.program_created", "account.roles_changed", "offer.made")
_PROGRAM_ACTS = {"token.issued", "program_key.registered"}
_ROLE_ACTS = frozenset(
    {*_ROLES_OF, "offer.accepted", "role.grant_changed", "policy.password_profile_changed"}
)


class Rule(Choice):
    """Why somebody should look."""

    FAILURES_ACCOUNT = "failures_account", N_("Many failures of one account")
    FAILURES_ADDRESS = "failures_address", N_("Many failures from one address")
    MOVE = "move", N_("One account in two places at once")
    ROLES_AT_NIGHT = "roles_at_night", N_("Rights changed at night")
    NEW_ADMINISTRATOR = "new_administrator", N_("New administrator at night")
    CHAIN = "chain", N_("The audit trail has a break")
    LIMITS_CHANGED = "limits_changed", N_("Limits of the alarms changed")
    PROGRAM_ADMITTED = "program_admitted", N_("Token or key given to a program")
    MANY_READINGS = "many_readings", N_("Very many records read within an hour")
    NIGHT_READINGS = "night_readings", N_("Records read at night")
    WATCHED = "watched", N_("Record of a resident under watch read")
    COLLEAGUE = "colleague", N_("Record of a colleague read")
    OWN_RECORD = "own_record", N_("Own record read")
    FAMILY = "family", N_("Record of somebody with the same family name and address read")
    NEIGHBOUR = "neighbour", N_("Record of somebody at the same address read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on something is unusual; a centre's settings."""

    failures_account: int = 10
    failures_address: int = 30
    readings: int = 300
    night_readings: int = 20
    night_from: int = 22
    night_to: int = 6
    move_minutes: int = 10

    def is_night(self, local: datetime) -> bool:
        """Whether the wall clock of the place says night."""
        if self.night_from <= self.night_to:
            return self.night_from <= local.hour < self.night_to
        return local.hour >= self.night_from or local.hour < self.night_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One row of the trail, or one sign-in, as the rules see it."""

    no: int
    tenant_id: int
    at: datetime
    local: datetime
    account_id: int
    name: str = ""
    address: str = ""
    action: str = ""
    outcome: str = "done"
    patient_id: int | None = None
    is_page: bool = False  # no use case: something was looked at
    roles: frozenset[str] = frozenset()  # that an act has given
    is_about_limits: bool = False  # the watch itself was set otherwise
    limits: Limits = field(default_factory=Limits)

    @property
    def is_failure(self) -> bool:
        """A sign-in or an act that was refused."""
        return self.action == "sign_in.refused" or self.outcome == "refused"

    @property
    def is_reading(self) -> bool:
        """A health record was looked at."""
        return self.is_page and self.patient_id is not None and not self.is_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many of a kind by one key within ten minutes."""

    kind: str
    key: str
    address: str = ""  # of the kind "place"
    tenant_id: int
    since: datetime
    last_at: datetime
    n: int
    first_no: int
    last_no: int

    def more(self, fact: Fact) -> "Count":
        """With one more."""
        latest, numbers = max(self.last_at, fact.at), (self.first_no, self.last_no, fact.no)
        return replace(self, last_at=latest, n=self.n + 1, first_no=min(numbers), last_no=max(numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule has found; one alarm for each rule, subject and window."""

    rule: Rule
    tenant_id: int
    subject: str
    since: datetime
    at: datetime
    account_id: int
    name: str
    address: str = ""
    count: int = 1
    allowed: int = 0
    first_no: int
    last_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A resident as the rules compare people; nothing of it is kept."""

    name: str
    document: str = ""
    home: str = ""
    is_watched: bool = False


CountKey = tuple[str, str, str, datetime, int]


class Counts:
    """The counts of the last hour, and those that the new rows add."""

    def __init__(self, known: Iterable[Count] = ()) -> None:
        self.all: dict[CountKey, Count] = {_key(one): one for one in known}
        self.changed: set[CountKey] = set()

    def add(self, kind: str, key: str, fact: Fact, address: str = "") -> list[Count]:
        """Count one more; returns the counts of the same key within the hour."""
        since = bucket(fact.at)
        place = (kind, key, address, since, fact.tenant_id)
        empty = Count(
            kind=kind,
            key=key,
            address=address,
            tenant_id=fact.tenant_id,
            since=since,
            last_at=fact.at,
            n=0,
            first_no=fact.no,
            last_no=fact.no,
        )
        self.all[place] = self.all.get(place, empty).more(fact)
        self.changed.add(place)
        return [
            one
            for one in self.all.values()
            if (one.kind, one.key) == (kind, key) and fact.at - HOUR < one.since <= fact.at
        ]

    def places_of(self, account_id: int) -> list[Count]:
        """Where an account was."""
        return [one for one in self.all.values() if (one.kind, one.key) == ("place", str(account_id))]


def _key(one: Count) -> CountKey:
    return one.kind, one.key, one.address, one.since, one.tenant_id


def bucket(moment: datetime) -> datetime:
    """The ten minutes a moment belongs to."""
    seconds = int(BUCKET.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def hour_of(moment: datetime) -> datetime:
    """The hour a moment belongs to: one alarm in it is enough."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(fact: Fact) -> datetime:
    """The day of the place in which one alarm is enough."""
    return fact.local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def keys_of(facts: Iterable[Fact]) -> set[tuple[str, str]]:
    """Kind and key of every count that these rows touch."""
    found: set[tuple[str, str]] = set()
    for fact in facts:
        if fact.is_failure:
            found |= {("failed_account", str(fact.account_id)), ("failed_address", fact.address)}
            continue
        found.add(("place", str(fact.account_id)))
        if fact.is_reading:
            found.add(("reading", str(fact.account_id)))
    return found


def judge(fact: Fact, counts: Counts) -> list[Finding]:
    """What the row alone, and the counts of the last hour with it, show."""
    if fact.is_failure:
        return _failures(fact, counts)
    found = [] if not fact.account_id or not fact.address else _moves(fact, counts)
    if fact.is_reading and fact.account_id:
        found += _readings(fact, counts)
    return found + _roles(fact) + _always(fact)


def _failures(fact: Fact, counts: Counts) -> list[Finding]:
    found = []
    if fact.account_id:
        hour = counts.add("failed_account", str(fact.account_id), fact)
        found += _over(Rule.FAILURES_ACCOUNT, fact, hour, fact.limits.failures_account)
    if fact.address:
        hour = counts.add("failed_address", fact.address, fact)
        found += _over(Rule.FAILURES_ADDRESS, fact, hour, fact.limits.failures_address)
    return found


def _readings(fact: Fact, counts: Counts) -> list[Finding]:
    hour = counts.add("reading", str(fact.account_id), fact)
    found = _over(Rule.MANY_READINGS, fact, hour, fact.limits.readings)
    if fact.limits.is_night(fact.local):
        found += _over(Rule.NIGHT_READINGS, fact, hour, fact.limits.night_readings)
    return found


def _over(rule: Rule, fact: Fact, hour: list[Count], allowed: int) -> list[Finding]:
    count = sum(one.n for one in hour)
    if not allowed or count < allowed:
        return []
    is_address = rule is Rule.FAILURES_ADDRESS
    subject = f"address:{fact.address}" if is_address else f"account:{fact.account_id}"
    first, last = min(one.first_no for one in hour), max(one.last_no for one in hour)
    return [
        _finding(
            rule, fact, subject, hour_of(fact.at), count=count, allowed=allowed, first_no=first, last_no=last
        )
    ]


def _moves(fact: Fact, counts: Counts) -> list[Finding]:
    counts.add("place", str(fact.account_id), fact, fact.address)
    minutes = fact.limits.move_minutes
    if not minutes:
        return []
    earliest = fact.at - timedelta(minutes=minutes)
    for other in counts.places_of(fact.account_id):
        is_near = earliest <= other.last_at <= fact.at + timedelta(minutes=minutes)
        if is_near and are_apart(fact.address, fact.tenant_id, other.address, other.tenant_id):
            subject = f"account:{fact.account_id}"
            first = min(fact.no, other.last_no)
            return [
                _finding(Rule.MOVE, fact, subject, hour_of(fact.at), count=2, allowed=minutes, first_no=first)
            ]
    return []


def are_apart(address: str, tenant_id: int, other: str, other_tenant: int) -> bool:
    """Whether two addresses are of two places: of two networks, or of two centres (each has a network of its own)."""
    if address == other:
        return False
    if tenant_id and other_tenant and tenant_id != other_tenant:
        return True
    return network_of(address) != network_of(other)


def network_of(address: str) -> str:
    """The /16 of an address within IPv4 (a centre's buildings), the /48 of one within IPv6; else the text itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 16 if found.version == 4 else 48), strict=False))


def _roles(fact: Fact) -> list[Finding]:
    if fact.action not in _ROLE_ACTS or not fact.limits.is_night(fact.local):
        return []
    subject = f"account:{fact.account_id}"
    is_administrator = bool(fact.roles & ADMINISTRATORS)
    rule = Rule.NEW_ADMINISTRATOR if is_administrator else Rule.ROLES_AT_NIGHT
    return [_finding(rule, fact, subject, hour_of(fact.at))]


def _always(fact: Fact) -> list[Finding]:
    """What is told each time, by day too, whatever the limits say.

    Whoever is watched may set the watch otherwise, but not unseen; and who admits a program could read with it what
    the own role may not.
    """
    is_program = fact.action in _PROGRAM_ACTS and not fact.is_failure
    if not fact.is_about_limits and not is_program:
        return []
    rule = Rule.PROGRAM_ADMITTED if is_program else Rule.LIMITS_CHANGED
    since = fact.at.astimezone(UTC).replace(microsecond=0)
    return [_finding(rule, fact, f"account:{fact.account_id}", since)]


def judge_person(
    fact: Fact, read: Person, reader: Person | None, colleagues: Mapping[str, int]
) -> list[Finding]:
    """Whose record was read: a resident under watch, a colleague, the reader's own, family, a neighbour.

    ``colleagues``: document number → account. ``reader`` is the reader's own file in this centre, if there is one.
    """
    found = [Rule.WATCHED] if read.is_watched else []
    whose = colleagues.get(read.document) if read.document else None
    if whose == fact.account_id:
        found.append(Rule.OWN_RECORD)
    elif whose is not None:
        found.append(Rule.COLLEAGUE)
    elif reader is not None and read.home and read.home == reader.home and read.document != reader.document:
        found.append(Rule.FAMILY if read.name[:1] == reader.name[:1] else Rule.NEIGHBOUR)
    subject = f"account:{fact.account_id}:patient:{fact.patient_id}"
    return [_finding(rule, fact, subject, day_of(fact)) for rule in found]


def _finding(rule: Rule, fact: Fact, subject: str, since: datetime, **given: int) -> Finding:
    numbers = {"first_no": fact.no, "last_no": fact.no, **given}
    return Finding(
        rule=rule,
        tenant_id=fact.tenant_id,
        subject=subject[:100],
        since=since,
        at=fact.at,
        account_id=fact.account_id,
        name=fact.name,
        address=fact.address,
        **numbers,
    )


def roles_given(action: str, detail: Mapping[str, object]) -> frozenset[str]:
    """The roles that an act has given, as its row says: of a change those that were not there before."""
    if action not in _ROLES_OF:
        return frozenset()
    after = detail.get("after", detail.get("roles", ()))
    before = detail.get("before", ())
    return _texts(after) - _texts(before)


def is_about_limits(action: str, detail: Mapping[str, object]) -> bool:
    """Whether an act has set the limits of the watch, as its row says."""
    after = detail.get("after")
    if action != "centre.settings_changed" or not isinstance(after, Mapping):
        return False
    return any(str(name).startswith("watch.") for name in after)


def _texts(value: object) -> frozenset[str]:
    return frozenset(str(one) for one in value) if isinstance(value, list | tuple) else frozenset()
