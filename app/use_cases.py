"""A use case is one function of a module's ``services.py``; calling it *is* performing the command.

The decorator checks the module and the permission, validates the arguments by the signature, opens the one
transaction, answers a second arrival of the same ``command_id``, retries what is safe and writes the one
audit row.
Nothing else in the house commits.
"""

import functools
import hashlib
import inspect
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import ValidationError, create_model
from pydantic_core import to_jsonable_python
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import audit, clock, main_forms, missing
from app.actor import Actor
from app.cases import Arguments, Prepare, UseCase
from app.complaints import complaint, complaints_of
from app.db import db, marks
from app.db.base import Base
from app.db.retrying import PASSING, Retrying, commit, routes
from app.db.units import Mode, Unit, current_unit, in_write_unit, open_unit, place_of
from app.errors import (
    CommandReused,
    Conflict,
    DomainError,
    InvalidInput,
    ModuleOff,
    NotFound,
    PermissionDenied,
)
from app.records import CommandLog, ControlCommandLog
from app.tenancy import directory, forget_request_memo, setting, tenant_of

ResultT = TypeVar("ResultT", bound=Callable[..., Any])
LONGEST_COMMAND_ID = 64
DELIVERY = "delivery:"  # begins the ids of the relay's deliveries
DAILY = "daily:"  # begins the ids of the work of a day
KERNELS_OWN = (DELIVERY, DAILY)  # nobody else takes such an id beforehand


class Secret:
    """Marks an argument, in its annotation, that leaves no trace: no digest of it is kept with the command."""


registry: dict[str, UseCase] = {}
_given_command: ContextVar[str] = ContextVar("command_id", default="")
_is_typed: ContextVar[bool] = ContextVar("is_typed", default=False)


def use_case(
    permission: str,
    *,
    offline: bool = False,
    database: str = "partition",
    is_step: bool = False,
    prepare: Prepare | None = None,
) -> Callable[[ResultT], ResultT]:
    """Make a function of ``services.py`` a use case. ``database`` says which one it writes.

    ``prepare`` gets the checked values and does what no transaction should wait for, such as hashing a password.
    ``is_step`` keeps it from the API: alone it would pass over what the whole use case checks around it.
    """

    def decorate(function: ResultT) -> ResultT:
        room = function.__module__.removeprefix("modules.").split(".")[0]
        room = function.__module__.split(".")[1] if room == "app" else room
        name = f"{room}.{function.__name__}"
        case = UseCase(
            name, permission, function, schema_of(function, name), offline, database, is_step, prepare
        )
        registry[name] = case

        @functools.wraps(function)
        def perform_here(*, by: Actor, **arguments: Any) -> Any:
            if in_write_unit():
                return function(**arguments, by=by)
            return _perform(case, arguments, by)

        perform_here.use_case = case  # type: ignore[attr-defined]
        return cast(ResultT, perform_here)

    return decorate


def case_of(function: Callable[..., Any]) -> UseCase:
    """The registry's entry of a decorated function."""
    case: UseCase = function.use_case  # type: ignore[attr-defined]
    return case


def perform(
    name: str, arguments: dict[str, Any], *, by: Actor, command_id: str = "", is_typed: bool = False
) -> Any:
    """Carry out a command by name: API, kiosk, job and offline replay come through here."""
    if command_id.startswith(KERNELS_OWN):
        command_id = hashlib.sha256(command_id.encode(errors="replace")).hexdigest()
    with command(command_id, is_typed=is_typed):
        return _perform(registry[name], arguments, by)


def carry_out(name: str, arguments: dict[str, Any], *, by: Actor, command_id: str) -> Any:
    """As ``perform``, for the kernel's own work, whose ids nobody else may take beforehand."""
    with command(command_id):
        return _perform(registry[name], arguments, by)


@contextmanager
def command(command_id: str, *, is_typed: bool = False) -> Iterator[None]:
    """The next use case inside the block carries this id; its second arrival returns the first result.

    ``is_typed``: somebody fills in a form, so the centre's own rules about its main forms hold.
    """
    if len(command_id) > LONGEST_COMMAND_ID or not (command_id.isascii() and command_id.isprintable()):
        command_id = hashlib.sha256(command_id.encode(errors="replace")).hexdigest()
    token, typed_token = _given_command.set(command_id), _is_typed.set(is_typed)
    try:
        yield
    finally:
        _given_command.reset(token)
        _is_typed.reset(typed_token)


def schema_of(
    function: Callable[..., Any], name: str, *, without: tuple[str, ...] = ("by",)
) -> type[Arguments]:
    """The schema that a keyword-only signature is."""
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{name}: a use case takes keyword-only arguments")
        if parameter.name in without:
            continue
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (parameter.annotation, default)
    title = "".join(part.title() for part in name.replace(".", "_").split("_"))
    return create_model(title, __base__=Arguments, **fields)


def validated(case: UseCase, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments, checked and typed by the signature.

    Raises:
        InvalidInput: each field with what is wrong with it.
    """
    return checked(case.schema, arguments)


def checked(schema: type[Arguments], arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments, checked and typed by a schema; complains as ``validated`` does."""
    try:
        found = schema.model_validate(arguments)
    except ValidationError as error:
        raise InvalidInput(complaints_of(error)) from None
    return {name: getattr(found, name) for name in schema.model_fields}


def _perform(case: UseCase, arguments: dict[str, Any], by: Actor) -> Any:
    command_id = _given_command.get() or uuid.uuid4().hex
    is_typed = _is_typed.get()
    _given_command.set("")  # the id is spent: a second use case of this request is another command
    _is_typed.set(False)
    tries = Retrying()
    while True:
        try:
            return _try(case, arguments, by, command_id, is_typed)
        except PASSING as failure:
            if not tries.may_go_on(failure):
                raise
            forget_request_memo()
            directory().forget_places()  # perhaps the centre has moved
        except NotFound:
            missing.note(by=by, place=case.name, asked=arguments)
            raise


def _try(case: UseCase, arguments: dict[str, Any], by: Actor, command_id: str, is_typed: bool) -> Any:
    """One try: what may change between two tries, rights and place of the centre, is asked each time."""
    _admit(case, by, command_id)
    values = validated(case, arguments)
    if is_typed:
        _refuse_unfilled(case, values, by)
    digest = _digest(case, values)
    values = case.prepare(values, by) if case.prepare else values
    try:
        return _once(case, values, by, command_id, digest)
    except (DomainError, IntegrityError) as refusal:
        found = _answer_of_first(case, by, command_id, digest)
        if found is not None:
            return found.result
        if isinstance(refusal, IntegrityError):
            raise Conflict from refusal
        raise


def _once(case: UseCase, values: dict[str, Any], by: Actor, command_id: str, digest: str) -> Any:
    """The whole use case in one transaction, and its hooks after the commit.

    Nobody asks beforehand whether the command came before: that is rare, and its row in the log, whose key is the
    command's id, then refuses the whole transaction.
    """
    with _write_unit(case, by) as unit:
        unit.notes.update(actor=by, case=case, command_id=command_id, after_commit=[])
        result = case.function(**values, by=by)
        db.session.flush()
        _remember(case, by, command_id, digest, result)
        audit.write(case, by, command_id, result)
        db.session.flush()
        mark = marks.advance(unit.partition) if routes().has_copies(unit.partition) else None
        commit(unit)
        hooks = unit.notes["after_commit"]
    marks.keep(mark)
    _refresh_reader()
    for hook in hooks:
        hook()
    return result


def _admit(case: UseCase, by: Actor, command_id: str) -> None:
    if not _module_is_on(by.tenant_id, case.module):
        raise ModuleOff(module=case.module)
    if not by.may(case.permission):
        audit.write_refusal(case, by, command_id, "permission.denied")
        raise PermissionDenied(permission=case.permission)


def _refuse_unfilled(case: UseCase, values: dict[str, Any], by: Actor) -> None:
    """The centre insists on fields of a main form that the use case itself does not require."""
    from app.registry import installed

    form = installed().form_of_case.get(case.name)
    if form is None or case.name in form.drafts:
        return
    choice = setting(by.tenant_id, main_forms.SETTING, {}).get(form.name, {})
    if missing_names := main_forms.unfilled(form, choice, values):
        raise InvalidInput({name: [complaint("missing")] for name in missing_names})


def _module_is_on(tenant_id: int | None, module: str) -> bool:
    from app.registry import installed

    return tenant_id is None or module not in installed().modules or module in tenant_of(tenant_id).modules


def _write_unit(case: UseCase, by: Actor) -> Any:
    if case.database == "control":
        return open_unit(Unit(Mode.WRITE, by.tenant_id, "", writes_control=True))
    if by.tenant_id is None:
        raise PermissionDenied(permission=case.permission)
    place = place_of(by.tenant_id)
    return open_unit(Unit(Mode.WRITE, by.tenant_id, place.partition, epoch=place.epoch), place.zone)


def _log_of(case: UseCase) -> Any:
    return ControlCommandLog if case.database == "control" else CommandLog


def _known_command(case: UseCase, by: Actor, command_id: str) -> Any:
    log = _log_of(case)
    return db.session.execute(
        select(log.digest, log.account_id, log.result_kind, log.result_id).where(
            log.tenant_id == (by.tenant_id or 0), log.command_id == command_id
        )
    ).first()


def _remember(case: UseCase, by: Actor, command_id: str, digest: str, result: Any) -> None:
    kind, row_id = ("", None) if result is None else (result.__tablename__, result.id)
    db.session.add(
        _log_of(case)(
            tenant_id=by.tenant_id or 0,
            command_id=command_id,
            use_case=case.name,
            digest=digest,
            account_id=by.account_id,
            result_kind=kind,
            result_id=row_id,
            done_at=clock.now(),
        )
    )


def _first_result(known: Any, digest: str, by: Actor) -> Any:
    if known.digest != digest or known.account_id != by.account_id:
        raise CommandReused
    if known.result_id is None:
        return None
    models = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    return db.session.get(models[known.result_kind], known.result_id)


@dataclass(frozen=True, slots=True)
class _First:
    """What the first arrival of a command gave, which may be nothing."""

    result: Any


def _answer_of_first(case: UseCase, by: Actor, command_id: str, digest: str) -> _First | None:
    """After a refusal: perhaps the same command went through before, in this or another window or process.

    Raises:
        CommandReused: it did, with other contents or from another person.
    """
    with _write_unit(case, by):
        known = _known_command(case, by, command_id)
        return _First(_first_result(known, digest, by)) if known else None


def _digest(case: UseCase, values: dict[str, Any]) -> str:
    told = {name: value for name, value in values.items() if not _is_secret(case.schema, name)}
    text = json.dumps([case.name, to_jsonable_python(told)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _is_secret(schema: type[Arguments], name: str) -> bool:
    return any(isinstance(mark, Secret) for mark in schema.model_fields[name].metadata)


def after_commit(hook: Callable[[], None]) -> None:
    """Run after the commit: wake a relay, push to a screen. Nothing true may depend on it."""
    from app.db import current_unit

    unit = current_unit()
    if unit is not None:
        unit.notes["after_commit"].append(hook)


def _refresh_reader() -> None:
    """What the page read before its own write is stale: its next query opens a fresh session, perhaps elsewhere."""
    db.session.remove()
    unit = current_unit()
    if unit is not None:
        unit.reader = None
    forget_request_memo()
