"""The demo district on paper: centres, departments and who works there."""

from dataclasses import dataclass
from typing import Any

from tenants.models import DepartmentKind, LicenceKind, Title


@dataclass(frozen=True, slots=True)
class CentrePlan:
    """One centre of the district."""

    code: str
    name: str
    station: str
    theme: str
    region: str  # first six digits of its residents' made-up identity numbers
    fee_scheme: str
    is_single_pharmacist: bool
    pays_at_end: bool = False  # treats first, settles when the patient leaves


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """One member of staff and the account they sign in with (after the centre's code)."""

    account: str
    name: str
    department: str
    roles: tuple[str, ...]
    licence: LicenceKind = LicenceKind.NONE
    title: Title = Title.NONE
    may_prescribe: bool = False
    may_review: bool = False


CENTRES = (
    CentrePlan(
        "cd", "城东街道社区卫生服务中心", "永安里社区卫生服务站", "teal", "990001", "general_treatment", True
    ),
    CentrePlan(
        "nh",
        "南湖街道社区卫生服务中心",
        "槐树街社区卫生服务站",
        "green",
        "990002",
        "general_treatment",
        False,
    ),
    CentrePlan(
        "xs",
        "西山镇中心卫生院",
        "河沿村卫生服务站",
        "plum",
        "990003",
        "registration_and_consultation",
        True,
        True,
    ),
)

DEPARTMENTS = (
    ("gp", "全科", DepartmentKind.CLINIC),
    ("tcm", "中医科", DepartmentKind.CLINIC),
    ("child", "儿科", DepartmentKind.CLINIC),
    ("pharmacy", "药房", DepartmentKind.PHARMACY),
    ("store", "药库", DepartmentKind.STOREROOM),
    ("cashier", "挂号收费处", DepartmentKind.CASHIER),
    ("office", "办公室", DepartmentKind.OFFICE),
)

CHECK_UP = (
    "X0005",
    "X0006",
    "X0008",
    "X0010",
    "X0011",
    "X0012",
    "X0019",
    "X0023",
)  # of the old: what it holds
LIMITS: dict[str, dict[str, Any]] = {
    "X0016": {"sex": "2", "age_from": 10, "age_to": 60},  # a pregnancy test
    "X0021": {"most": 1, "days": 1},  # an X-ray of the chest
    "X0009": {"most": 1, "days": 30},  # HbA1c
}

DISTRICT_PEOPLE = (  # account, name, role
    ("district.operator", "方正", "district_operator"),
    ("district.security", "卫平", "district_security"),
    ("district.auditor", "纪明", "district_auditor"),
    ("district.supervisor", "管清", "supervisor"),
    ("district.purchaser", "祁采", "district_purchaser"),
    ("district.purchaser2", "项平", "district_purchaser"),
)
IN_TWO_CENTRES = ("cd", "doctor2", "nh")  # the account of the first centre that also works in the second

_DOCTOR = {"roles": ("doctor",), "licence": LicenceKind.PHYSICIAN, "may_prescribe": True}
_PHARMACIST = {"roles": ("pharmacist",), "licence": LicenceKind.PHARMACIST, "may_review": True}


def staff_of(centre: CentrePlan) -> tuple[PersonPlan, ...]:
    """Everybody who works in a centre; names differ by centre, duties do not."""
    names = _NAMES[centre.code]
    plans = (
        ("registrar", "cashier", {"roles": ("registrar",)}),
        ("cashier", "cashier", {"roles": ("cashier",)}),
        ("cashier2", "cashier", {"roles": ("cashier", "registrar")}),
        ("nurse", "gp", {"roles": ("triage_nurse",), "licence": LicenceKind.NURSE, "title": Title.JUNIOR}),
        ("doctor", "gp", {**_DOCTOR, "title": Title.INTERMEDIATE}),
        ("doctor2", "gp", {**_DOCTOR, "title": Title.SENIOR}),
        ("doctor3", "gp", {**_DOCTOR, "title": Title.JUNIOR}),
        ("tcm", "tcm", {**_DOCTOR, "title": Title.SENIOR}),
        ("child", "child", {**_DOCTOR, "title": Title.INTERMEDIATE}),
        ("pharmacist", "pharmacy", {**_PHARMACIST, "title": Title.INTERMEDIATE}),
        ("pharmacist2", "pharmacy", {**_PHARMACIST, "title": Title.JUNIOR}),
        ("storekeeper", "store", {"roles": ("storekeeper",), "licence": LicenceKind.PHARMACIST}),
        ("admin", "office", {"roles": ("administrator",)}),
        ("auditor", "office", {"roles": ("auditor",)}),
        ("security", "office", {"roles": ("security_administrator",)}),
        ("accountant", "office", {"roles": ("accountant",)}),
    )
    return tuple(
        PersonPlan(account, name, department, **duties)  # type: ignore[arg-type]  # one dict of several kinds
        for name, (account, department, duties) in zip(names, plans, strict=True)
    )


_NAMES = {
    "cd": [
        "周敏",
        "孙丽",
        "陈晓",
        "吴静",
        "李静",
        "王海涛",
        "刘洋",
        "郑守文",
        "高洁",
        "何平",
        "许文",
        "钱国强",
        "郑慧",
        "冯岩",
        "严守义",
        "顾清",
    ],
    "nh": [
        "马兰",
        "徐芳",
        "朱丹",
        "胡悦",
        "林峰",
        "郭建华",
        "梁晨",
        "罗济生",
        "宋佳",
        "唐敏",
        "韩雪",
        "曹立",
        "彭涛",
        "曾卫",
        "安若兰",
        "沈桂芳",
    ],
    "xs": [
        "田秀",
        "董霞",
        "袁圆",
        "潘虹",
        "蒋文",
        "蔡志远",
        "余浩",
        "杜仲平",
        "叶青",
        "程亮",
        "苏婷",
        "魏刚",
        "吕梁",
        "丁一",
        "石磊",
        "卢平",
    ],
}
