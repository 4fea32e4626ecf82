"""Dictionaries (diagnoses, frequencies, routes …) by edition and date, searched by code, name and pinyin.

They live in the control database and are shared by the district. A document stores code and name as used.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Index, Unicode, UniqueConstraint, case, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock, pinyin
from app.db import Control, contains_text, control_unit, db, id_column, search_key_column, starts_with
from app.db.units import kernel_unit
from app.errors import InvalidInput
from app.i18n import gettext

ALWAYS = date(9999, 12, 31)


class DictionaryEntry(Control):
    """One code of one edition of a dictionary."""

    __tablename__ = "control_dictionary_entry"
    __table_args__ = (
        UniqueConstraint("dictionary", "edition", "code"),
        Index("ix_control_dictionary_entry_code", "dictionary", "code"),
        Index("ix_control_dictionary_entry_initials", "dictionary", "initials"),
    )

    id: Mapped[int] = id_column()
    dictionary: Mapped[str] = mapped_column(Unicode(40))
    edition: Mapped[str] = mapped_column(Unicode(40))
    code: Mapped[str] = search_key_column(40)
    name: Mapped[str] = mapped_column(Unicode(300))
    initials: Mapped[str] = search_key_column(100, default="")
    rank: Mapped[int] = mapped_column(default=0)  # higher comes first among equals
    valid_from: Mapped[date]
    valid_to: Mapped[date] = mapped_column(default=ALWAYS)  # first day on which it no longer holds
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


def load(dictionary: str, edition: str, rows: Iterable[Mapping[str, Any]], *, valid_from: date) -> int:
    """Load an edition; rows carry code, name and perhaps rank and facts. Known codes are left as they are.

    Returns how many entries were new.
    """
    with kernel_unit(""):
        known = set(
            db.session.scalars(
                select(DictionaryEntry.code).where(
                    DictionaryEntry.dictionary == dictionary, DictionaryEntry.edition == edition
                )
            )
        )
        wanted = {row["code"]: row for row in rows}  # a list may name a code twice
        fresh = [
            DictionaryEntry(
                dictionary=dictionary,
                edition=edition,
                code=row["code"],
                name=row["name"],
                initials=pinyin.initials(row["name"])[:100],
                rank=row.get("rank", 0),
                valid_from=valid_from,
                facts=row.get("facts", {}),
            )
            for row in wanted.values()
            if row["code"] not in known
        ]
        db.session.add_all(fresh)
        db.session.commit()
        return len(fresh)


def search(dictionary: str, text: str, *, limit: int = 8) -> list[DictionaryEntry]:
    """Entries that hold today: exact code first, then whole names and initials, then the rest by rank."""
    today = clock.today()
    typed = text.strip()
    upper, lower = typed.upper(), typed.lower()
    entry = DictionaryEntry
    statement = select(entry).where(
        entry.dictionary == dictionary, entry.valid_from <= today, entry.valid_to > today
    )
    if typed:
        found = [contains_text(entry.name, typed)]
        if typed.isascii():
            found = [
                starts_with(entry.code, upper),
                starts_with(entry.code, lower),
                starts_with(entry.initials, lower),
            ]
        statement = statement.where(or_(*found))
        closeness = case(
            (entry.code == upper, 0), (entry.name == typed, 1), (entry.initials == lower, 2), else_=3
        )
        statement = statement.order_by(closeness)
    statement = statement.order_by(entry.rank.desc(), entry.code, entry.id).limit(limit)
    return list(db.session.scalars(statement))


def entries(dictionary: str, codes: Iterable[str]) -> dict[str, DictionaryEntry]:
    """Code → entry, as they hold today; codes that do not are absent."""
    today = clock.today()
    statement = select(DictionaryEntry).where(
        DictionaryEntry.dictionary == dictionary,
        DictionaryEntry.code.in_(sorted(set(codes))),
        DictionaryEntry.valid_from <= today,
        DictionaryEntry.valid_to > today,
    )
    return {row.code: row for row in db.session.scalars(statement)}


def names() -> dict[str, int]:
    """Name of each dictionary that is loaded → number of its entries, the largest first."""
    statement = select(DictionaryEntry.dictionary, func.count(DictionaryEntry.id)).group_by(
        DictionaryEntry.dictionary
    )
    counted = [(str(row[0]), int(row[1])) for row in db.session.execute(statement)]
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))


def options(dictionary: str) -> list[tuple[str, str]]:
    """Code and name of a small dictionary, for a select field."""
    return [(row.code, row.name) for row in search(dictionary, "", limit=200)]


def require(dictionary: str, codes: Iterable[str], *, field: str) -> dict[str, DictionaryEntry]:
    """The entries of all codes.

    Raises:
        InvalidInput: a code does not exist or no longer holds; the complaint stands on ``field``.
    """
    wanted = list(codes)
    found = entries(dictionary, wanted)
    if missing := [code for code in wanted if code not in found]:
        text = gettext("Not in the dictionary, or no longer valid: %(codes)s", codes=", ".join(missing))
        raise InvalidInput({field: [text]})
    return found


def count(dictionary: str) -> int:
    """How many entries a dictionary holds, over all editions."""
    with control_unit():
        return len(
            list(
                db.session.scalars(select(DictionaryEntry.id).where(DictionaryEntry.dictionary == dictionary))
            )
        )
