"""Column types that hold the same value on SQLite, PostgreSQL and SQL Server."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Numeric, Unicode, UnicodeText
from sqlalchemy.dialects import mssql
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from app import ids
from app.i18n import Choice

BigInt = BigInteger()


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, UTC stored without zone, aware out; microseconds on all engines."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "mssql":
            return dialect.type_descriptor(mssql.DATETIME2(6))  # type: ignore[no-untyped-call]  # the dialect has no hints
        return dialect.type_descriptor(DateTime(timezone=False))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone; ask app.clock")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """NUMERIC, and a scaled 64-bit integer on SQLite, whose NUMERIC is a float."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale
        self._factor = Decimal(10) ** scale
        self._unit = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        if not isinstance(value, Decimal):
            value = Decimal(value) if isinstance(value, int) else self._refuse(value)
        exact = value.quantize(self._unit)
        if exact != value:
            raise ValueError(f"{value} has more than {self.scale} decimals; round it where the line is born")
        return int(exact * self._factor) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.scale).quantize(self._unit)
        return Decimal(value).quantize(self._unit)

    @staticmethod
    def _refuse(value: object) -> Decimal:
        raise TypeError(f"money and quantities are Decimal, not {type(value).__name__}")


class ChoiceType(TypeDecorator[Choice]):
    """A Choice stored by its code."""

    impl = Unicode
    cache_ok = True

    def __init__(self, choice: type[Choice], length: int = 32) -> None:
        super().__init__(length)
        self.choice, self.length = choice, length

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.choice(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Choice | None:
        return None if value is None else self.choice(value)

    def __repr__(self) -> str:
        return f"Unicode({self.length})"  # migrations see the plain column


class Sensitive(TypeDecorator[str]):
    """The stored form of a sealed field; ``app.crypto.fields`` seals and opens it, and nothing else is stored.

    It is found only through its blind index, exact match (``app.blind_index``).
    """

    impl = Unicode
    cache_ok = True

    def __init__(self, length: int | None = 256) -> None:
        super().__init__(length)
        if length is None:  # as long as need be, NVARCHAR(max) on SQL Server
            self.impl = UnicodeText()  # type: ignore[assignment]  # an instance of its own

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value and not value.startswith("$"):
            raise ValueError("a sealed column was about to be written in the clear")
        return value


def id_column() -> MappedColumn[int]:
    """The key of a row, made by the application."""
    return mapped_column(BigInt, primary_key=True, autoincrement=False, default=ids.new_id)


def text_column(length: int | None = None, **options: Any) -> MappedColumn[Any]:
    """Text with a limit in UTF-16 units (what SQL Server counts), or without one."""
    return mapped_column(UnicodeText() if length is None else Unicode(length), **options)


def search_key_type(length: int) -> Unicode:
    """Text that every engine compares byte by byte, so that a half-open range is a prefix."""
    kind = Unicode(length).with_variant(Unicode(length, collation="C"), "postgresql")
    return kind.with_variant(Unicode(length, collation="Latin1_General_100_BIN2"), "mssql")


def search_key_column(length: int, **options: Any) -> MappedColumn[Any]:
    """Text that is searched by prefix."""
    return mapped_column(search_key_type(length), **options)


def amount_column(**options: Any) -> MappedColumn[Any]:
    """Yuan to the fen."""
    return mapped_column(ExactDecimal(14, 2), **options)


def unit_price_column(**options: Any) -> MappedColumn[Any]:
    """Yuan a unit, six decimals: a loose tablet's price is not rounded."""
    return mapped_column(ExactDecimal(16, 6), **options)


def quantity_column(**options: Any) -> MappedColumn[Any]:
    """An amount of something, four decimals."""
    return mapped_column(ExactDecimal(16, 4), **options)


def choice_column(choice: type[Choice], **options: Any) -> MappedColumn[Any]:
    """A Choice, stored by its code."""
    return mapped_column(ChoiceType(choice), **options)


JsonType = JSON
