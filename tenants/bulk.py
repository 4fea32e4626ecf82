"""Many centres from one list: read and checked line by line, opened by a task, their codes handed out once."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, and_, func, select, update

from app import audit, clock, ids, tasks
from app.accounts.models import Account
from app.actor import Actor, system_actor
from app.db import db, update_rows
from app.db.units import control_reading
from app.errors import DomainError, InvalidInput, NotFound
from app.i18n import N_, gettext
from app.tenancy import DISTRICT
from app.use_cases import case_of, perform, use_case, validated
from tenants import plans, provisioning, templating
from tenants.models import Centre, OpenedCodes
from tenants.moves import PartitionUnknown
from tenants.provisioning import PartitionClosed
from tenants.services import CodeTaken

OPEN = "open_centres"
MOST = 500
CODES_GOOD_FOR = timedelta(days=3)
Text = Annotated[str, Field(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreLine:
    """One line of the list: what ``provision_centre`` takes; what is empty is proposed."""

    code: Text
    name: Text
    district: Text
    administrator: Text
    security_administrator: Text
    partition: Text = ""
    template: Text = ""
    plan: Text = ""


COLUMNS = tuple(part.name for part in fields(CentreLine))
NEEDED = COLUMNS[:5]
HEADS = {
    "code": N_("Code"),
    "name": N_("Name"),
    "district": N_("District"),
    "administrator": N_("Centre administrator"),
    "security_administrator": N_("Security administrator"),
    "partition": N_("Partition"),
    "template": N_("Template"),
    "plan": N_("Plan"),
}
Lines = Annotated[list[CentreLine], Field(min_length=1, max_length=MOST)]


class NoList(DomainError):
    """There is nothing to read."""

    code = "tenants.no_list"
    message = N_("There is no line to read. The first line names the columns.")


class ListDamaged(DomainError):
    """A cell is longer than any cell."""

    code = "tenants.list_damaged"
    message = N_("The list cannot be read: a cell is far too long.")


class ColumnsMissing(DomainError):
    """The head lacks columns."""

    code = "tenants.columns_missing"
    message = N_("Columns are missing in the first line: %(columns)s")


class TooManyLines(DomainError):
    """The list is too long."""

    code = "tenants.too_many_lines"
    message = N_("At most %(most)s lines at once.")


@dataclass(slots=True)
class Checked:
    """A line with its place in the file and what is wrong with it: field → sentences."""

    number: int
    line: CentreLine
    complaints: dict[str, list[str]] = field(default_factory=dict)

    def complain(self, name: str, text: str) -> None:
        """One more thing is wrong."""
        self.complaints.setdefault(name, []).append(text)


def read(text: str) -> list[CentreLine]:
    """The lines of a CSV text, separated by commas, semicolons or tabs (as pasted from a spreadsheet).

    Raises:
        NoList, ListDamaged, ColumnsMissing, TooManyLines: it is no list of centres.
    """
    text = text.lstrip("\ufeff").strip()
    if not text:
        raise NoList
    head = text.splitlines()[0]
    mark = max(",;\t", key=head.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True))
        names = {_column(name) for name in next(csv.reader([head], delimiter=mark))}
    except csv.Error as why:
        raise ListDamaged from why
    if missing := [words_of(name) for name in NEEDED if name not in names]:
        raise ColumnsMissing(columns=", ".join(missing))
    if not rows:
        raise NoList
    if len(rows) > MOST:
        raise TooManyLines(most=MOST)
    return [CentreLine(**_cells(row)) for row in rows]


def words_of(name: str) -> str:
    """A column in the reader's words, with its name for programs."""
    return f"{gettext(HEADS[name])} ({name})"


def _column(head: str) -> str:
    """The name of a column that stands there by name or in the reader's words."""
    head = head.strip().casefold()
    return next((name for name, text in HEADS.items() if gettext(text).casefold() == head), head)


def _cells(row: Mapping[Any, Any]) -> dict[str, str]:
    found = {_column(str(name)): value for name, value in row.items() if name is not None}
    return {name: str(found.get(name) or "").strip()[:200] for name in COLUMNS}


def check(lines: Sequence[CentreLine]) -> list[Checked]:
    """Every line with what would keep it from being opened. Six statements, however many lines."""
    checked = [Checked(number, line) for number, line in enumerate(lines, start=2)]
    codes = Counter(line.code.lower() for line in lines)
    known = _Known.now(lines)
    case = case_of(provisioning.provision_centre)
    for one in checked:
        try:
            validated(case, given(one.line))
        except InvalidInput as refusal:
            one.complaints = {name: list(texts) for name, texts in refusal.complaints.items()}
        if codes[one.line.code.lower()] > 1 and one.line.code:
            one.complain("code", gettext("This code is in the list more than once."))
        known.look_at(one)
    return checked


def given(line: CentreLine) -> dict[str, str]:
    """What the use case gets: an empty cell counts as not given."""
    return {name: value for name, value in asdict(line).items() if value}


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is already, and what may be chosen."""

    codes: frozenset[str]
    names: frozenset[str]
    partitions: frozenset[str]
    open_partitions: frozenset[str]
    templates: frozenset[str]
    plans: frozenset[str]

    @classmethod
    def now(cls, lines: Iterable[CentreLine]) -> "_Known":
        wanted = [f"{prefix}@{line.code.lower()}" for line in lines for _role, prefix in provisioning.FIRST]
        with control_reading():
            codes = frozenset(code.lower() for code in db.session.scalars(select(Centre.code)))
            taken = select(Account.sign_in_name).where(Account.sign_in_name.in_(wanted))
            names = frozenset(db.session.scalars(taken))
        return cls(
            codes,
            names,
            frozenset(provisioning.partitions()),
            frozenset(provisioning.centres_by_partition()),
            frozenset(row.code for row in templating.all_templates()),
            frozenset(row.code for row in plans.all_plans()),
        )

    def look_at(self, one: Checked) -> None:
        line = one.line
        if line.code.lower() in self.codes:
            one.complain("code", CodeTaken(code=line.code).text)
        for role, prefix in provisioning.FIRST:
            if f"{prefix}@{line.code.lower()}" in self.names:
                one.complain(role, gettext("Another account has this sign-in name."))
        if line.partition and line.partition not in self.partitions:
            one.complain("partition", PartitionUnknown(partition=line.partition).text)
        elif line.partition and line.partition not in self.open_partitions:
            one.complain("partition", PartitionClosed(partition=line.partition).text)
        if line.template and line.template not in self.templates:
            one.complain("template", templating.TemplateUnknown().text)
        if line.plan and line.plan not in self.plans:
            one.complain("plan", plans.PlanUnknown().text)


@use_case("tenants.centre.create", database="control")
def open_many(*, lines: Lines, by: Actor) -> tasks.DistrictTask:
    """Have a centre opened for each line; a task does it, and keeps their one-time codes for who asked.

    Raises:
        InvalidInput: a line could not be opened; nothing was begun.
    """
    complaints = {
        f"lines-{one.number - 2}-{name}": texts
        for one in check(lines)
        for name, texts in one.complaints.items()
    }
    if complaints:
        raise InvalidInput(complaints)
    about = gettext("%(count)s centres: %(first)s …", count=len(lines), first=lines[0].code)
    rows = [given(line) for line in lines]
    task = tasks.new_task(OPEN, tenant_id=DISTRICT, about=about, by=by, lines=rows)
    audit.record("centre.many_asked", task, by=by, codes=[line.code for line in lines])
    return task


def carry_out(handle: tasks.Handle) -> tasks.Outcome:
    """The task: line by line; one that is refused stops nobody else."""
    rows = handle.task.arguments["lines"]
    handle.total, handle.message = len(rows), N_("Centres are being opened.")
    refused: list[str] = []
    for number, row in enumerate(rows):
        try:
            _open(handle, number, row)
        except DomainError as refusal:
            refused.append(f"{row['code']} ({refusal.text})")
        handle.done += 1
        handle.step(row["code"], 1)
    opened = len(rows) - len(refused)
    if refused:
        text = N_("%(opened)s centres opened, %(count)s not: %(why)s")
        return text, {"opened": opened, "count": len(refused), "why": "; ".join(refused[:5])}
    return N_("%(opened)s centres opened."), {"opened": opened}


def _open(handle: tasks.Handle, number: int, row: dict[str, str]) -> None:
    command_id = f"opening:{handle.task.id}:{number}"
    centre = perform("tenants.provision_centre", row, by=handle.actor, command_id=command_id)
    told = [(centre.code, c.sign_in_name, c.display_name, c.role, c.code) for c in centre.codes]
    text = "\n".join("\t".join(cells) for cells in told)
    keep_codes(task_id=handle.task.id, centre_id=centre.id, codes=text, by=handle.actor)
    try:
        provisioning.prepare_centre(centre.id)
    except Exception:  # it stands on the centre's page; the relay tries again
        return


@use_case("tenants.centre.create", database="control", is_step=True)
def keep_codes(
    *, task_id: int, centre_id: int, codes: Annotated[str, Field(max_length=600)], by: Actor
) -> OpenedCodes:
    """Seal the one-time codes of a centre's first administrators until who asked takes them."""
    row = OpenedCodes(task_id=task_id, centre_id=centre_id, account_id=by.account_id, made_at=clock.now())
    row.id = ids.new_id()
    row.codes = codes
    db.session.add(row)
    db.session.flush()
    audit.record("centre.codes_kept", row, by=by, centre_id=centre_id)
    return row


@use_case("tenants.centre.create", database="control")
def take_codes(*, task_id: int, by: Actor) -> OpenedCodes | None:
    """Hand out the codes of a task's centres, once: they are in ``handed`` of this one answer.

    Raises:
        NotFound: there are none, or another operator asked for the centres.
    """
    rows = _rows_of(task_id, by)
    if not rows:
        raise NotFound(field="task_id")
    handed: list[tuple[str, ...]] = []
    for row in rows:
        held = row.codes
        emptied = update(OpenedCodes).where(OpenedCodes.id == row.id, OpenedCodes.taken_at.is_(None))
        if update_rows(emptied.values(sealed_codes="", taken_at=clock.now())) == 1:
            handed += [tuple(line.split("\t")) for line in held.splitlines()]
    rows[0].handed = tuple(handed)  # type: ignore[misc]  # of this one row, in this one answer
    audit.record("centre.codes_taken", rows[0], by=by, task_id=task_id, count=len(handed))
    return rows[0]


def codes_waiting(task_id: int, *, by: Actor) -> bool:
    """Whether the actor may still take codes of this task."""
    with control_reading():
        return any(row.taken_at is None for row in _rows_of(task_id, by))


def _rows_of(task_id: int, by: Actor) -> Sequence[OpenedCodes]:
    mine = select(OpenedCodes).where(OpenedCodes.task_id == task_id, OpenedCodes.account_id == by.account_id)
    return db.session.scalars(mine.order_by(OpenedCodes.id)).all()


def forget_old_codes() -> int:
    """Empty what nobody took before it was worth nothing; returns how many centres' codes."""
    with control_reading():
        count = db.session.scalar(select(func.count()).select_from(OpenedCodes).where(_is_old())) or 0
    if count:
        empty_old_codes(by=system_actor(None))
    return count


@use_case("tenants.centre.create", database="control", is_step=True)
def empty_old_codes(*, by: Actor) -> None:
    """Empty the codes whose days are over."""
    count = update_rows(update(OpenedCodes).where(_is_old()).values(sealed_codes="", taken_at=clock.now()))
    audit.record("centre.codes_emptied", None, by=by, count=count)


def _is_old() -> ColumnElement[bool]:
    return and_(OpenedCodes.taken_at.is_(None), OpenedCodes.made_at < clock.now() - CODES_GOOD_FOR)
