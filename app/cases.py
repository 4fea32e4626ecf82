"""What is known of a use case: its name, its permission, the schema of its arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from app.actor import Actor
from app.complaints import refuse_what_no_engine_stores


class Arguments(BaseModel):
    """Base of the schemas made from signatures: unknown fields are refused, text is trimmed."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        arbitrary_types_allowed=True,
        val_json_bytes="base64",
        regex_engine="python-re",
        defer_build=True,  # a process pays for the schemas it uses
    )

    @field_validator("*", mode="after")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        refuse_what_no_engine_stores(value)
        return value


Prepare = Callable[[dict[str, Any], Actor], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class UseCase:
    """What the registry knows of one use case."""

    name: str  # module.function
    permission: str
    function: Callable[..., Any]
    schema: type[Arguments]
    offline: bool
    database: str  # partition | control
    is_step: bool = False  # a part of other use cases; no operation of the API
    prepare: Prepare | None = None  # costly work on the values before the transaction begins

    @property
    def module(self) -> str:
        """The module (or kernel room) that owns it."""
        return self.name.split(".", 1)[0]
