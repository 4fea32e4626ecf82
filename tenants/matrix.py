"""Roles × permissions as one table: what each role may do, what it may never do, and what differs from the proposal."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum

from app.i18n import N_, gettext
from app.registry import EVERYONE, EVERYWHERE, Role, installed
from app.tenancy import Tenant
from tenants.services import may_ever_hold

SHORT = {
    "registrar": N_("Reg."),
    "triage_nurse": N_("Tri."),
    "doctor": N_("Doc."),
    "cashier": N_("Cash."),
    "pharmacist": N_("Phar."),
    "storekeeper": N_("Store"),
    "administrator": N_("Adm."),
    "accountant": N_("Acc."),
    "auditor": N_("Aud."),
    "security_administrator": N_("Sec."),
    "district_operator": N_("D-Op."),
    "district_security": N_("D-Sec."),
    "district_auditor": N_("D-Aud."),
    "supervisor": N_("Sup."),
    "district_purchaser": N_("Pur."),
}


class Cell(Enum):
    """How a role stands to a permission: the sign, and the words for it."""

    GIVEN = "●", N_("may, as proposed")
    ADDED = "●＋", N_("may, although not proposed")
    OPEN = "–", N_("may not, as proposed")
    TAKEN = "–－", N_("may not, although proposed")
    NEVER = "×", N_("may never")

    @property
    def sign(self) -> str:
        """What stands in the cell."""
        return self.value[0]

    @property
    def words(self) -> str:
        """The sign in words."""
        return gettext(self.value[1])

    @property
    def differs(self) -> bool:
        """Whether it departs from the proposal."""
        return self in {Cell.ADDED, Cell.TAKEN}


@dataclass(frozen=True, slots=True)
class Row:
    """One permission and how each role stands to it."""

    code: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The permissions of one part of the system."""

    name: str
    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A role: its full name and the short one that the paper's head has room for."""

    role: str
    label: str
    short: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole table."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        """How many permissions there are."""
        return sum(len(group.rows) for group in self.groups)

    @property
    def differing(self) -> int:
        """How many cells depart from the proposal."""
        return sum(cell.differs for group in self.groups for row in group.rows for cell in row.cells)


def matrix_of(tenant: Tenant | None) -> Matrix:
    """A centre's roles as it has changed them, in the parts it has on; the district sees what is proposed to all."""
    registry = installed()
    proposed = {**registry.default_grants(), **registry.district_grants()}
    roles = EVERYWHERE if tenant is None else EVERYONE
    grants = proposed if tenant is None else tenant.grants
    on = set(registry.modules) if tenant is None else tenant.modules
    groups = [
        Group(
            name, gettext(module.label), _rows([p.code for p in module.permissions], roles, grants, proposed)
        )
        for name, module in registry.modules.items()
        if name in on and module.permissions
    ]
    columns = tuple(Column(role, Role(role).label, gettext(SHORT[role])) for role in roles)
    return Matrix(columns, tuple(groups))


def _rows(
    codes: Sequence[str],
    roles: Sequence[str],
    grants: Mapping[str, Set[str]],
    proposed: Mapping[str, Set[str]],
) -> tuple[Row, ...]:
    labels = installed().permissions
    return tuple(
        Row(
            code,
            gettext(labels[code].label),
            tuple(
                cell_of(
                    is_given=code in grants[role],
                    is_proposed=code in proposed[role],
                    may_hold=may_ever_hold(role, code),
                )
                for role in roles
            ),
        )
        for code in codes
    )


def cell_of(*, is_given: bool, is_proposed: bool, may_hold: bool) -> Cell:
    """One cell of the table."""
    if is_given:
        return Cell.GIVEN if is_proposed else Cell.ADDED
    if is_proposed:
        return Cell.TAKEN
    return Cell.OPEN if may_hold else Cell.NEVER
