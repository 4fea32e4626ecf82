"""ACC-03: two centres of the same data; every key of one is offered to the other, wherever a key can be typed."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import with_loader_criteria
from support import samples, settlements, twins, world
from support.rights import grant_everything

from app import missing, outgoing
from app.actor import Actor
from app.db import db, tenant_unit, units
from app.db.scoped import TenantScoped
from app.errors import DomainError
from app.jobs import runner
from app.jobs.models import Job, JobResult
from app.jobs.registry import DESK, LONG, kinds
from app.jobs.services import start_job
from app.pinyin import name_pinyin
from app.records import AuditRow
from app.registry import Scope
from app.web.forms import Form
from modules.catalogue import queries as catalogue

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
MARK, OWN_MARK = "蜃楼", "鲲鹏"
SHARED = {"catalogue.show_drug", "catalogue.change_drug"}  # the district's own rows, no centre's
PUBLIC = {"static", "theme.show_theme", "theme.show_sample"}
OF_THE_SIGN_IN = {"sessions", "own_account", "welcome", "second_factor"}  # they would end the walker's own
OF_NO_CENTRE = {"drug_id", "item_id"}  # items of the district's catalogue, the same for everybody
TABLE_OF = {
    "merged_id": "patients_patient",
    "survivor_id": "patients_patient",
    "person_patient_id": "patients_patient",
    "patient_ids": "patients_patient",
    "to_location_id": "dispensing_location",
    "from_location_id": "dispensing_location",
    "plan_id": "storeroom_plan",
    "line_id": "storeroom_plan_line",
    "part_id": "storeroom_shipped_part",
    "row_id": "patients_import_row",
    "slot_id": "registration_slot",
    "print_id": "charging_receipt_print",
    "insurance_id": "insurance_settlement",
    "use_id": "dispensing_code_use",
    "entry_id": "dispensing_register_entry",
}
FITTING = {
    "roles": ["doctor"],
    "part": "chief_complaint",
    "checks": list(twins.CHECKS),
    "second_name": "",  # whose password is wrong is refused before any row is looked for
}
LOOKED_FOR = {"not_found", "clinic.no_encounter", "prescriptions.not_found", "charging.bill_missing"}
REFUSED_BEFORE = {  # for a reason that comes before the row is looked for
    "prescriptions/sign-herbal-prescription prescription_id": ["prescriptions.herbs_mixed"],
    "prescriptions/sign-prescription prescription_id": ["prescriptions.warning_needs_reason"],
    "prescriptions/return-by-pharmacist prescription_id": ["prescriptions.not_a_reviewer"],
    "registration/transfer-visit slot_id": ["registration.wrong_state"],
    "dispensing/repack balance_id": ["dispensing.second_person_missing"],
}
UNDECIDED = {"plan_id", "requisition_id", "delivery_id"}  # the last one still takes changes
PLENTY = 20  # tables with more rows than this lend their first, middle and last key


class Walk:
    """One centre's desk and program with every right, at the doors of the other."""

    def __init__(self, app: Flask, sign_in: Any, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        self.app, self.foreign_centre, self.own_centre = app, ours, theirs
        self.typed = twins.furnish(ours, MARK, 1)
        twins.furnish(theirs, OWN_MARK, 3)
        _finish_jobs(app)
        grant_everything(app, theirs)
        self.client: FlaskClient = sign_in("doctor", "c2")
        self.token = world.program_token(theirs, "doctor")
        self.actor: Actor = world.actor(theirs, "doctor")
        sign_in("doctor", "c1")  # so that the other centre has a session whose key can be tried
        self.foreign, self.own = twins.keys_of(ours), twins.keys_of(theirs)
        self.all_foreign = {key for keys in self.foreign.values() for key in keys}
        self.before = twins.contents(ours)
        with tenant_unit(theirs["tenant_id"]):
            self.drug_id = catalogue.search_drugs("D0001")[0].id
        self.wrong: list[str] = []
        self.walked: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()

    def tables_of(self, name: str) -> list[str]:
        """The tables whose keys an argument of this name may be."""
        if name in TABLE_OF:
            return [TABLE_OF[name]]
        noun = re.sub(r"_ids?$", "", name)
        return [table for table in self.foreign if table.split("_", 1)[1] == noun]

    def foreign_for(self, name: str) -> list[int]:
        """Keys of the other centre for an argument: of the tables it means, and one of each other table."""
        meant = self.tables_of(name)
        fitting = [key for table in meant for key in _some(self.foreign[table])]
        others = [keys[0] for table, keys in self.foreign.items() if keys and table not in meant]
        return fitting + others

    def own_for(self, name: str, room: str = "") -> int | None:
        """A key of the walker's own centre that fits an argument; several rooms may have a table of the name."""
        tables = sorted(self.tables_of(name), key=lambda table: not table.startswith(f"{room}_"))
        keys = [key for table in tables for key in self.own[table]]
        if name == "drug_id":
            return self.drug_id
        if name == "visit_id":
            return self.own["registration_visit"][1]  # the one in consultation
        if name in UNDECIDED:
            return keys[-1]
        return keys[0] if keys else self.own["patients_patient"][0]

    def fitting(self, name: str, *, few: bool = False) -> list[int]:
        """Keys of the other centre of the tables an argument means; of three others where it means none."""
        meant = self.tables_of(name) or ["patients_patient", "registration_visit", "tenants_department"]
        return [key for table in meant for key in self.foreign[table][: 1 if few else 4]]

    def own_keys(self, rule: Any) -> dict[str, Any]:
        """Keys of the walker's own centre for a path."""
        return {name: self.own_for(name, _room_of(rule)) for name in _keys_in(rule)}

    def program(self, method: str, path: str, **given: Any) -> Any:
        """What the walker, a doctor with every right, is answered as a program."""
        return self.client.open(f"/api/v1/{path}", method=method, **given)

    def judge(self, what: str, answer: Any, allowed: set[int]) -> None:
        """An answer shows nothing of the other centre, and is one of those allowed."""
        self.outcomes[str(answer.status_code)] += 1
        shown = answer.text if answer.mimetype != "application/pdf" else ""
        if MARK in shown or MARK.encode("unicode_escape").decode() in shown:
            self.wrong.append(f"{what}: shows what the other centre wrote")
        if answer.status_code not in allowed:
            self.wrong.append(f"{what}: {answer.status_code}")

    def end(self) -> None:
        """Nothing was written over there, nothing of theirs is stored here."""
        assert sorted(set(self.wrong)) == [], "\n" + "\n".join(sorted(set(self.wrong)))
        assert twins.contents(self.foreign_centre) == self.before
        assert twins.keys_stored(self.own_centre, self.all_foreign) == []


def _some(keys: list[int]) -> list[int]:
    return keys if len(keys) <= PLENTY else [keys[0], keys[len(keys) // 2], keys[-1]]


def _finish_jobs(app: Flask) -> None:
    app.extensions["his_jobs"].finish()
    for queue in (LONG, DESK):
        while runner.use_ticket("p1", queue):
            pass


@pytest.fixture
def walk(
    app: Flask, sign_in: Any, ours: dict[str, Any], theirs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Walk:
    app.config["PROPAGATE_DEFECTS"] = False
    monkeypatch.setattr(missing, "NOTES_A_MINUTE", 10**9)
    monkeypatch.setattr(outgoing, "post", settlements.reach_nobody)
    return Walk(app, sign_in, ours, theirs)


def _rules(app: Flask) -> Iterator[tuple[Any, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PUBLIC | SHARED and not rule.rule.startswith("/api/v1/"):
            for method in sorted({"GET", "POST"} & (rule.methods or set())):
                yield rule, method


def _room_of(rule: Any) -> str:
    return str(rule.endpoint).split(".")[0]


def _keys_in(rule: Any) -> list[str]:
    return re.findall(r"<int:(\w+)>", rule.rule)


def _path(rule: Any, keys: dict[str, Any]) -> str:
    path = re.sub(r"<int:(\w+)>", lambda found: str(keys[found[1]]), rule.rule)
    return re.sub(r"<string:\w+>", "drug", path)


def _is_districts(app: Flask, permission: str) -> bool:
    """Whether no role of a centre may hold it: the district's pages know every centre, and let none of them in."""
    found = app.extensions["his_registry"].permissions.get(permission)
    return found is not None and found.scope is Scope.DISTRICT


def _offer_in_paths(walk: Walk, rules: list[tuple[Any, str]]) -> None:
    for rule, method in rules:
        names = _keys_in(rule)
        permission = walk.app.view_functions[rule.endpoint].required_permission  # type: ignore[attr-defined]
        is_districts = _is_districts(walk.app, permission)
        walk.walked["routes with a key in the path"] += 1
        for name in names:
            for key in walk.foreign_for(name):
                keys = walk.own_keys(rule) | {name: key}
                what = f"{method} {rule.rule} with a foreign {name}"
                answer = walk.client.open(_path(rule, keys), method=method, follow_redirects=True)
                redirected = {200} if method == "POST" and answer.history else set()
                walk.judge(what, answer, {403} if is_districts else {404, 422} | redirected)


def test_acc_03_no_path_knows_a_key_of_another_centre(walk: Walk, record_property: Any, app: Flask) -> None:
    rules = [(rule, method) for rule, method in _rules(app) if _keys_in(rule)]
    own_before = twins.contents(walk.own_centre)
    _offer_in_paths(walk, rules)
    walk.end()
    assert twins.contents(walk.own_centre) == own_before
    assert walk.walked["routes with a key in the path"] == len(rules) > 80
    record_property("walked", f"paths: {len(rules)} routes, {sum(walk.outcomes.values())} answers")


def _forms_of(
    walk: Walk, rules: list[tuple[Any, str]], monkeypatch: pytest.MonkeyPatch
) -> dict[str, set[Any]]:
    """Endpoint → the use cases its page makes forms of, seen while it is asked for a key nobody has."""
    found: dict[str, set[Any]] = {}
    made, here = Form.__init__, [""]

    def watch(self: Form, use_case: Any, *args: Any, **given: Any) -> None:
        found.setdefault(here[0], set()).add(use_case.use_case)
        made(self, use_case, *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(Form, "__init__", watch)
        for rule, method in rules:
            here[0] = rule.endpoint
            for keys in (dict.fromkeys(_keys_in(rule), 1), walk.own_keys(rule)):
                if rule.endpoint not in found:
                    walk.client.open(_path(rule, keys), method=method)
    return found


def test_acc_03_no_form_takes_a_key_of_another_centre(
    walk: Walk, app: Flask, record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = [
        (rule, method)
        for rule, method in _rules(app)
        if method == "POST" and rule.endpoint.split(".")[0] not in OF_THE_SIGN_IN
    ]
    forms = _forms_of(walk, rules, monkeypatch)
    fields = 0
    for rule, _ in rules:
        for case in sorted(forms.get(rule.endpoint, ()), key=lambda found: found.name):
            body = samples.sample(case.schema, partial(walk.own_for, room=_room_of(rule)))
            for path in samples.key_paths(body):
                name = next(part for part in reversed(path) if isinstance(part, str))
                if name in _keys_in(rule) or name in OF_NO_CENTRE:
                    continue
                fields += 1
                for key in walk.fitting(name):
                    data = samples.flat(samples.replaced(body, path, key))
                    url = _path(rule, walk.own_keys(rule))
                    answer = walk.client.post(url, data=data, follow_redirects=True)
                    walk.judge(f"POST {rule.rule} with a foreign {name}", answer, {200, 404, 409, 422})
    walk.end()
    assert len(forms) > 60
    assert fields > 30
    record_property(
        "walked", f"forms: {len(rules)} routes, {len(forms)} with a form, {fields} fields for keys"
    )


def _parameters() -> dict[str, set[str]]:
    """Room → names of parameters its pages read from the address."""
    found: dict[str, set[str]] = {}
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("tenants/**/*.py"), *ROOT.glob("modules/**/*.py")]:
        names = re.findall(r"args\.get\(\s*\"(\w+)\"", path.read_text(encoding="utf-8"))
        parts = path.relative_to(ROOT).parts
        found.setdefault(parts[1] if parts[0] == "modules" else parts[0], set()).update(names)
    return found


def test_acc_03_no_address_and_no_search_shows_what_another_centre_wrote(
    walk: Walk, app: Flask, record_property: Any
) -> None:
    names = _parameters()
    rules = [
        rule
        for rule, method in _rules(app)
        if method == "GET" and not rule.endpoint.split(".")[-1].startswith("stream_")
    ]
    typed = [walk.typed["phone"], walk.typed["document_number"], name_pinyin(walk.typed["name"]).initials]
    asked = 0
    for rule in rules:
        module = app.view_functions[rule.endpoint].__module__.split(".")
        room = module[1] if module[0] == "modules" else module[0]
        path = _path(rule, walk.own_keys(rule))
        for name in sorted(names.get(room, ())):
            for value in [*walk.fitting(name, few=True), *(typed if name in {"q", "name"} else [])]:
                asked += 1
                answer = walk.client.get(path, query_string={name: value})
                walk.judge(f"GET {rule.rule}?{name}=", answer, {200, 302, 303, 403, 404, 409, 422, 503})
    walk.end()
    record_property("walked", f"addresses: {len(rules)} pages, {asked} questions")


def test_acc_03_no_lookup_looks_into_another_centre(walk: Walk, app: Flask, record_property: Any) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("modules/**/*.py"))
    contexts = sorted(set(re.findall(r"context(?:\.get\(|\[)\"(\w+)\"", sources)))
    assert "patient_id" in contexts
    kinds_of_lookup = [*app.extensions["his_registry"].lookups, "palette"]
    texts = [walk.typed["phone"], walk.typed["document_number"], name_pinyin(MARK).initials, "a"]
    for kind in kinds_of_lookup:
        for text in texts:
            walk.judge(f"lookup {kind}", walk.client.get(f"/lookup/{kind}", query_string={"q": text}), {200})
        for name in contexts:
            nobodys = walk.client.get(f"/lookup/{kind}", query_string={"q": "a", name: "1"})
            for key in walk.foreign_for(name):
                answer = walk.client.get(f"/lookup/{kind}", query_string={"q": "a", name: key})
                walk.judge(f"lookup {kind} for a foreign {name}", answer, {200, 404})
                if answer.text != nobodys.text and answer.status_code == 200:
                    walk.wrong.append(f"lookup {kind}: a foreign {name} is not as one that nobody has")
    walk.end()
    record_property("walked", f"lookups: {len(kinds_of_lookup)} kinds, contexts {', '.join(contexts)}")


def test_acc_03_no_operation_takes_a_key_of_another_centre(
    walk: Walk, app: Flask, record_property: Any
) -> None:
    operations = [one for one in app.extensions["his_operations"] if not one.path.startswith("tests/")]
    fields, seen = 0, set()
    refused_before: dict[str, list[str]] = {}
    for operation in operations:
        seen.add(operation.path)
        if operation.case is None:
            _offer_to_read(walk, operation)
            continue
        body = _body_for(walk, operation)
        for path in samples.key_paths(body):
            name = next(part for part in reversed(path) if isinstance(part, str))
            if name in OF_NO_CENTRE:
                continue
            fields += 1
            codes = {_offer_to_operation(walk, operation, body, path, key) for key in walk.fitting(name)}
            if _is_districts(app, operation.case.permission):
                assert codes == {"permission.denied"}, operation.path
            elif not codes & LOOKED_FOR:
                refused_before[f"{operation.path} {name}"] = sorted(codes)
    walk.end()
    assert len(seen) == len(operations) > 100
    assert refused_before == REFUSED_BEFORE
    told = ", ".join(f"{name} {count}" for name, count in walk.outcomes.most_common(4))
    record_property("walked", f"operations: {len(operations)}, {fields} fields for keys; {told}")


def _body_for(walk: Walk, operation: Any) -> dict[str, Any]:
    """Arguments of the walker's own centre that get as far as looking the rows up."""
    body: dict[str, Any] = samples.sample(operation.case.schema, walk.own_for)
    body |= {name: value for name, value in FITTING.items() if name in body}
    if operation.path == "prescriptions/sign-prescription":
        usage = {"dose": "0.5", "route": "po", "frequency": "tid", "days": 3}
        body |= {"lines": [{"drug_id": walk.drug_id, **usage}], "reasons": []}
    if operation.path == "dispensing/scan-code":
        body["code"] = "81000010000000010001"
    if operation.path == "storeroom/receive-requisition":
        body["requisition_id"] = walk.own["storeroom_requisition"][0]  # the one that was sent
    return body


def _offer_to_operation(walk: Walk, operation: Any, body: Any, path: Any, key: int) -> str:
    sent = samples.replaced(body, path, str(key))
    answer = walk.program("POST", operation.path, json=sent)
    walk.judge(f"{operation.path} with a foreign {path[-1]}", answer, {403, 404, 409, 422})
    code: str = answer.json.get("code", "done")
    walk.outcomes[code] += 1
    return code


def _offer_to_read(walk: Walk, operation: Any) -> None:
    for name in operation.read.path_parameters:
        for key in walk.foreign_for(name):
            path = operation.path.replace(f"<{name}>", str(key))
            answer = walk.program("GET", path)
            walk.judge(f"GET {operation.path} with a foreign {name}", answer, {404})
    if not operation.read.path_parameters:
        for text in (walk.typed["phone"], walk.typed["document_number"]):
            answer = walk.program("GET", operation.path, query_string={"text": text})
            walk.judge(f"GET {operation.path}", answer, {200})
            assert answer.json == []


def test_acc_03_no_job_works_on_rows_of_another_centre(walk: Walk, app: Flask, record_property: Any) -> None:
    for kind in kinds.values():
        body = samples.sample(kind.schema, walk.own_for)
        for path in samples.key_paths(body):
            for key in walk.fitting(str(path[0])):
                try:
                    start_job(kind=kind.kind, arguments=samples.replaced(body, path, key), by=walk.actor)
                except DomainError:
                    continue
    own_before = set(walk.own["kernel_job_result"])
    _finish_jobs(app)
    with tenant_unit(walk.own_centre["tenant_id"]):
        results = list(db.session.scalars(select(JobResult).where(JobResult.id.not_in(own_before))))
        shown = " ".join(f"{job.message} {job.result_name}" for job in db.session.scalars(select(Job)))
    assert MARK not in shown
    assert all(MARK.encode() not in result.content for result in results)
    assert twins.contents(walk.foreign_centre) == walk.before
    record_property("walked", f"jobs: {len(kinds)} kinds")


def test_acc_03_asking_for_a_key_that_is_not_here_stands_in_the_trail(
    walk: Walk, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, bearer = app.test_client(), {"Authorization": f"Bearer {walk.token}"}
    key = walk.foreign["patients_patient"][0]
    assert walk.client.get(f"/patients/{key}").status_code == 404
    assert client.get(f"/api/v1/patients/{key}", headers=bearer).status_code == 404
    answer = client.post("/api/v1/patients/none-known", json={"patient_id": str(key)}, headers=bearer)
    assert (answer.status_code, MARK in answer.text) == (404, False)
    assert walk.client.post(f"/patients/{key}/no-known-allergies").status_code == 404
    with tenant_unit(walk.own_centre["tenant_id"]):
        mine = AuditRow.tenant_id == walk.own_centre["tenant_id"]
        rows = list(
            db.session.scalars(
                select(AuditRow).where(mine, AuditRow.action == "object.not_found").order_by(AuditRow.id)
            )
        )
    assert [row.detail["place"] for row in rows] == [
        "patients.show_patient",
        "api.read-modules-patients-api-show_patient",
        "patients.none_known",
        "patients.none_known",  # the page around the form finds nothing either: one row, not two
    ]
    assert {row.outcome for row in rows} == {"refused"}
    assert {row.detail["asked"]["patient_id"] for row in rows} == {str(key)}
    monkeypatch.setattr(missing, "NOTES_A_MINUTE", 0)  # whoever tries thousands does not fill the trail
    assert walk.client.get(f"/patients/{key}").status_code == 404
    with tenant_unit(walk.own_centre["tenant_id"]):
        again = select(AuditRow.id).where(mine, AuditRow.action == "object.not_found")
        assert len(list(db.session.scalars(again))) == len(rows)


def _any_centre(tenant_id: int) -> Any:
    return with_loader_criteria(TenantScoped, lambda row: row.tenant_id > 0, include_aliases=True)


def test_acc_03_the_walk_notices_a_filter_that_is_gone(
    walk: Walk, app: Flask, monkeypatch: pytest.MonkeyPatch, databases: Any
) -> None:
    monkeypatch.setattr(units, "_tenant_filter", _any_centre)
    rules = [
        (rule, "GET")
        for rule in app.url_map.iter_rules()
        if rule.endpoint in {"patients.show_patient", "clinic.show_version", "charging.show_bill"}
    ]
    _offer_in_paths(walk, rules)
    shown = [text for text in walk.wrong if "shows what the other centre wrote" in text]
    if type(databases).__name__ == "SqliteFiles":
        assert shown
    else:  # the rows are kept apart by the database as well
        assert walk.wrong == []
