"""Whole outpatient journeys through the product's own API, each call authenticated and with an idempotency key."""

import http.client
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.db.statements import count_statements

DRUGS = (("D0053", "5", "qd", "po"), ("D0057", "80", "qd", "po"), ("D0069", "20", "qn", "po"))
RECORD = {
    "kind": "return",
    "chief_complaint": "发现血压升高5年,复诊取药",
    "present_illness": "规律服药,近期家中自测血压140/85 mmHg左右。",
    "physical_exam": "心率76次/分,律齐。",
    "treatment_advice": "低盐饮食,规律服药,两周后复测血压。",
    "is_pregnant": False,
    "is_lactating": False,
}
VITALS = {"systolic": 138, "diastolic": 86, "pulse": 76}
DIAGNOSES = [{"code": "I10.x00x002"}]


@dataclass
class Plan:
    """What the journeys need to know of the centre."""

    host: str
    tokens: dict[str, str]
    drug_ids: dict[str, int]
    session_id: int
    residents: list[tuple[int, str]]  # key of the file, name
    prescription_ids: list[int] = field(default_factory=list)  # signed on the way

    def take(self, number: int) -> list[tuple[int, str]]:
        """This many residents who have not come yet."""
        taken, self.residents = self.residents[:number], self.residents[number:]
        return taken


@dataclass
class Outcome:
    """Journeys done, seconds they took, and what was refused."""

    done: int = 0
    seconds: float = 0.0
    refused: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Journeys a second."""
        return self.done / self.seconds if self.seconds else 0.0


class Caller:
    """One connection that speaks as different people."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.line = http.client.HTTPConnection(plan.host, timeout=60)

    def post(self, role: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Carry out a use case."""
        body = json.dumps(arguments)
        headers = {
            "Authorization": f"Bearer {self.plan.tokens[role]}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        return dict(self._answer("POST", f"/api/v1/{operation}", body, headers))

    def get(self, role: str, path: str) -> Any:
        """Read something."""
        return self._answer(
            "GET", f"/api/v1/{path}", None, {"Authorization": f"Bearer {self.plan.tokens[role]}"}
        )

    def _answer(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Any:
        self.line.request(method, path, body, headers)
        answer = self.line.getresponse()
        content = json.loads(answer.read())
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {content.get('code')} {content.get('details')}")
        return content


class InProcess(Caller):
    """The same calls without a network; counts what each says to the databases."""

    def __init__(self, plan: Plan, client: Any) -> None:
        self.plan, self._client = plan, client
        self.statements: dict[str, int] = {}

    def _answer(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Any:
        with count_statements() as counted:
            answer = self._client.open(path, method=method, data=body, headers=headers)
        self.statements[_operation(path)] = counted.count
        if answer.status_code >= 400:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text}")
        return answer.json


def _operation(path: str) -> str:
    parts = path.split("?")[0].removeprefix("/api/v1/").split("/")
    return "/".join(part for part in parts if not part.isdigit())


def journey(caller: Caller, resident: tuple[int, str]) -> None:
    """Search, register, call, begin, keep the record, sign three lines, finish, settle, hand out."""
    visit_id, sheet_id = until_signed(caller, resident)
    bill = caller.get("cashier", f"bills/of-visit/{visit_id}")
    caller.post(
        "cashier",
        "charging/settle-bill",
        bill_id=bill["id"],
        expected_amount=bill["due_amount"],
        tenders=[{"method": "cash", "amount": bill["due_amount"]}],
    )
    caller.post("pharmacist", "dispensing/dispense-prescription", prescription_id=sheet_id)
    caller.plan.prescription_ids.append(sheet_id)


def until_signed(caller: Caller, resident: tuple[int, str]) -> tuple[int, int]:
    """The part before the cashier's desk; keys of the visit and of the prescription.

    Whoever registers at the window is checked in with it.
    """
    plan = caller.plan
    patient_id, name = resident
    found = caller.get("registrar", f"patients/search?text={quote(name)}")
    if not any(each["id"] == str(patient_id) for each in found):
        raise RuntimeError(f"{name} is not found")
    visit = caller.post(  # an emergency gets a number beyond the quota, so a run never meets a full window
        "registrar",
        "registration/register-visit",
        patient_id=patient_id,
        session_id=plan.session_id,
        is_emergency=True,
    )
    visit_id = visit["id"]
    caller.post("doctor", "registration/call-visit", visit_id=visit_id)
    begun = caller.post("doctor", "clinic/begin-encounter", visit_id=visit_id)
    kept = caller.post(
        "doctor",
        "clinic/save-record",
        visit_id=visit_id,
        revision=begun["revision"],
        record=RECORD,
        diagnoses=DIAGNOSES,
        vitals=VITALS,
    )
    lines = [
        {"drug_id": plan.drug_ids[code], "dose": dose, "route": route, "frequency": frequency, "days": 7}
        for code, dose, frequency, route in DRUGS
    ]
    sheet = caller.post("doctor", "prescriptions/sign-prescription", visit_id=visit_id, lines=lines)
    caller.post(
        "doctor",
        "clinic/complete-visit",
        visit_id=visit_id,
        revision=kept["revision"],
        record=RECORD,
        diagnoses=DIAGNOSES,
        vitals=VITALS,
    )
    return visit_id, sheet["id"]


def run(plan: Plan, *, workers: int, journeys: int) -> Outcome:
    """Play journeys with this many residents at once, each resident once."""
    outcome, lock = Outcome(), threading.Lock()
    residents = iter(plan.take(journeys))

    def work() -> None:
        caller = Caller(plan)
        while True:
            with lock:
                resident = next(residents, None)
            if resident is None:
                return
            try:
                journey(caller, resident)
            except RuntimeError as refusal:
                with lock:
                    outcome.refused.append(str(refusal))
                continue
            with lock:
                outcome.done += 1

    threads = [threading.Thread(target=work) for _ in range(workers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - began
    return outcome
