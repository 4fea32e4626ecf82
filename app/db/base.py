"""The declarative bases: rows of a partition, rows of the control database; the one `db`."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, MetaData, Unicode, inspect
from sqlalchemy.orm import DeclarativeBase, registry

from app.db.types import BigInt, ExactDecimal, UtcDateTime
from app.db.units import RoutedSession, session_scope

CONTROL = "control"
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Types of plain annotations, the same on every engine."""

    metadata = MetaData(naming_convention=NAMES)
    registry = registry(
        type_annotation_map={
            int: BigInt,
            str: Unicode(200),
            datetime: UtcDateTime(),
            Decimal: ExactDecimal(16, 4),
            dict[str, Any]: JSON(),
            list[Any]: JSON(),
        },
        metadata=metadata,
    )
    may_be_deleted: ClassVar[bool] = False  # records of care and money never are


SESSIONS = {
    "class_": RoutedSession,
    "scopefunc": session_scope,
    "expire_on_commit": False,
    "autoflush": False,
}
db = SQLAlchemy(model_class=Base, session_options=SESSIONS)
db.metadatas[CONTROL] = MetaData(naming_convention=NAMES, info={"bind_key": CONTROL})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Control(Model):
    """A row of the control database, shared by the district."""

    __abstract__ = True
    __bind_key__ = CONTROL


def columns_of(model: type[Base]) -> list[Any]:
    """Every mapped column of a model, to group by: SQL Server and PostgreSQL want them all named."""
    return [getattr(model, attribute.key) for attribute in inspect(model).column_attrs]
