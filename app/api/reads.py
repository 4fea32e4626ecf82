"""GET operations: a keyword-only function with typed parameters and a typed result, declared in a manifest.

    @read("patients/search", "patients.patient.view")
    def search(*, text: Annotated[str, Field(max_length=60)], by: Actor) -> list[PatientRow]:
        ...

    module = Module(..., reads=(api.search,))

A path may name parameters, ``patients/<patient_id>``; all others come from the query string. Results are
dataclasses or pydantic models; keys of rows are of the type ``Id``, which travels as a string.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import PlainSerializer, TypeAdapter

from app.cases import Arguments
from app.use_cases import schema_of

ReadT = TypeVar("ReadT", bound=Callable[..., Any])
Id = Annotated[int, PlainSerializer(str, return_type=str)]
_PARAMETER = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Read:
    """What the API knows of one GET operation."""

    path: str
    permission: str
    function: Callable[..., Any]
    schema: type[Arguments]
    result: TypeAdapter[Any]

    @property
    def path_parameters(self) -> list[str]:
        """Names of the parameters that stand in the path."""
        return _PARAMETER.findall(self.path)


def read(path: str, permission: str) -> Callable[[ReadT], ReadT]:
    """Make a function of a module's ``api.py`` a GET operation below ``/api/v1/``."""

    def decorate(function: ReadT) -> ReadT:
        name = f"read_{re.sub(r'[^a-z]+', '_', path)}"
        answer = inspect.signature(function, eval_str=True).return_annotation
        found = Read(path, permission, function, schema_of(function, name), TypeAdapter(answer))
        function.api_read = found  # type: ignore[attr-defined]  # the manifest hands the function over
        return function

    return decorate


def read_of(function: Callable[..., Any]) -> Read:
    """The declaration of a function under ``@read``."""
    found: Read = function.api_read  # type: ignore[attr-defined]
    return found
