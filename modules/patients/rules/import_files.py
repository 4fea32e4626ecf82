"""Reading a list of residents that comes as a CSV file, with Chinese or English heads."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# Column → the heads under which it is known; the first is what the page shows.
COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "name"),
    "document_number": ("身份证号", "证件号码", "document_number"),
    "document_kind": ("证件类型", "document_kind"),
    "sex": ("性别", "sex"),
    "born_on": ("出生日期", "born_on"),
    "phone": ("电话", "联系电话", "手机", "phone"),
    "address": ("地址", "现住址", "address"),
    "guardian_name": ("监护人", "guardian_name"),
    "guardian_phone": ("监护人电话", "guardian_phone"),
    "cost_type": ("费别", "cost_type"),
}
WORDS = {
    "sex": {"男": "1", "女": "2", "未知": "0", "未说明": "9"},
    "cost_type": {
        "自费": "self",
        "职工医保": "employee",
        "居民医保": "resident",
        "城乡居民医保": "resident",
        "公费": "public",
        "商保": "commercial",
        "救助": "assistance",
    },
    "document_kind": {
        "居民身份证": "01",
        "身份证": "01",
        "户口簿": "02",
        "护照": "03",
        "军官证": "04",
        "其他": "99",
    },
}
LONGEST = 20_000


class HeadUnknown(ValueError):
    """The file has no head with a name in it."""


def decode(content: bytes) -> str:
    """Text of a file as spreadsheets write it: UTF-8 with or without a mark, else GB 18030.

    Raises:
        ValueError: it is neither.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def split_rows(text: str) -> list[dict[str, str]]:
    """The rows as column → text, empty rows left out. A day may be written 1985/6/15 or 19850615.

    Raises:
        HeadUnknown: no head names a column for the name.
    """
    lines = csv.reader(io.StringIO(text))
    head = [_column_of(cell) for cell in next(lines, [])]
    if "name" not in head:
        raise HeadUnknown
    return [row for line in lines if (row := _row_of(head, line))]


def _column_of(cell: str) -> str:
    typed = cell.strip().lower()
    return next((column for column, heads in COLUMNS.items() if typed in heads), "")


def _row_of(head: Sequence[str], line: Iterable[str]) -> dict[str, str]:
    found = {
        column: value.strip() for column, value in zip(head, line, strict=False) if column and value.strip()
    }
    for column, words in WORDS.items():
        if column in found:
            found[column] = words.get(found[column], found[column])
    if "born_on" in found:
        found["born_on"] = _day(found["born_on"])
    return found


def _day(text: str) -> str:
    if len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    parts = re.split("[-/.年月]", text.rstrip("日"))
    return "-".join([parts[0], *(part.zfill(2) for part in parts[1:])])
