"""How searches and lists behave when a centre grows from one thousand residents to 300 thousand."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from app import clock
from app.blind_index import blind_index
from app.db import tenant_unit
from app.pinyin import name_pinyin
from modules.patients import queries as patients
from modules.registration import queries as registration

TURNS = 5
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "秀英桂芳玉兰淑珍丽娟红梅建国志强伟明军勇海涛国栋文斌"


COLUMNS = (
    "id, tenant_id, record_no, name, initials, pinyin, sex, born_on, is_proxy_document, phone, phone_index, "
    "phone_tail_index, street_code, address, ethnicity, occupation, guardian_name, cost_type, allergy_status, "
    "created_at, version, last_visit_on, is_watched"
)


def add_residents(engine: Engine, tenant_id: int, *, until: int, seed: int = 7) -> None:
    """Fill a centre with made-up residents up to a number, in bulk: the product's own way would take hours."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute(f"SELECT count(*) FROM patients_patient WHERE tenant_id = {tenant_id}")
    rows = _rows(tenant_id, cursor.fetchone()[0], until, random.Random(seed))
    if engine.dialect.name == "sqlite":
        marks = ", ".join("?" * len(COLUMNS.split(", ")))
        cursor.execute("BEGIN")
        cursor.executemany(f"INSERT INTO patients_patient ({COLUMNS}) VALUES ({marks})", rows)
        connection.commit()
        cursor.execute("ANALYZE")
    else:
        with cursor.copy(f"COPY patients_patient ({COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE patients_patient")
    connection.commit()
    connection.close()


def _rows(tenant_id: int, held: int, until: int, dice: random.Random) -> Iterator[tuple[Any, ...]]:
    keys = {name: name_pinyin(name) for name in _names()}
    names = list(keys)
    for number in range(held, until):
        name = dice.choice(names)
        phone = f"199{number:08d}"
        yield (
            10_000_000 + number,
            tenant_id,
            f"G{number:09d}",
            name,
            keys[name].initials,
            keys[name].full,
            dice.choice("12"),
            f"{dice.randint(1935, 2020)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
            False,
            phone,
            blind_index(phone, purpose="phone", tenant_id=tenant_id),
            blind_index(phone[-4:], purpose="phone-tail", tenant_id=tenant_id),
            *("", "", "", "", "", "self", "none_known", "2026-01-01 00:00:00.000000", 1, None, False),
        )


def _names() -> list[str]:
    return [a + b + c for a in SURNAMES for b in GIVEN for c in ("", *GIVEN[:12])]


def questions() -> dict[str, Callable[[random.Random], Any]]:
    """What a window asks all day."""
    names = _names()
    return {
        "resident by full name": lambda dice: patients.search_patients(dice.choice(names), marks_only=True),
        "resident by initials": lambda dice: patients.search_patients(
            name_pinyin(dice.choice(names)).initials
        ),
        "resident by phone tail": lambda dice: patients.search_patients(f"{dice.randrange(10_000):04d}"),
        "resident by phone": lambda dice: patients.search_patients(f"199{dice.randrange(1000):08d}"),
        "list of residents": lambda dice: patients.page_of_patients(""),
        "visits of the day": lambda dice: registration.list_visits(on=clock.today()),
    }


def p95s(
    app: Flask, tenant_id: int, questions: Mapping[str, Callable[[random.Random], Any]]
) -> dict[str, float]:
    """The p95 of each question: the middle one of five turns, so that one busy moment decides nothing."""
    turns = [
        {name: p95(app, tenant_id, question) for name, question in questions.items()} for _ in range(TURNS)
    ]
    return {name: statistics.median(turn[name] for turn in turns) for name in questions}


def p95(app: Flask, tenant_id: int, question: Callable[[random.Random], Any], *, rounds: int = 200) -> float:
    """Milliseconds that 95 of 100 askings stay under, each in a reading unit of its own."""
    dice = random.Random(3)
    times = []
    with app.app_context():
        for _ in range(40):  # plans and connections are warm before anything is measured
            with tenant_unit(tenant_id):
                question(dice)
    with app.app_context():
        for _ in range(rounds):
            began = time.perf_counter()
            with tenant_unit(tenant_id):
                question(dice)
            times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times[rounds // 10 :], n=20)[-1]
