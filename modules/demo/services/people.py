"""Made-up residents: names, birth dates and identity numbers of a region that does not exist (prefix 9900)."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from modules.patients.queries import id_check_digit

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏"
    "吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
FEMALE = "秀英桂芳玉兰淑珍丽娟红梅小燕雪琴美玲晓敏慧洁雅婷静怡欣悦思涵梓萱雨桐凤霞春花金凤月娥"
MALE = "建国志强伟明军勇海涛国栋文斌俊杰浩然子轩宇航德海永福长林树生家宝宏伟振华立新玉柱"
STREETS = (
    "永安里",
    "桥北路",
    "槐树街",
    "新华巷",
    "东风小区",
    "河沿路",
    "学府苑",
    "柳园",
    "纺织新村",
    "和平里",
)


@dataclass(frozen=True, slots=True)
class Resident:
    """One made-up person."""

    name: str
    is_female: bool
    born_on: date
    id_number: str
    phone: str
    address: str
    is_penicillin_allergic: bool


def make_resident(dice: random.Random, serial: int, today: date, *, region: str) -> Resident:
    """A person of a plausible age; the serial makes the phone unique, the region begins the document number."""
    is_female = dice.random() < 0.54
    years = _age(dice)
    born_on = today - timedelta(days=round(years * 365.25) + dice.randrange(360))
    given = FEMALE if is_female else MALE
    start = dice.randrange(0, len(given) - 1, 2)
    name = dice.choice(SURNAMES) + (given[start : start + 2] if dice.random() < 0.8 else dice.choice(given))
    order = dice.randrange(500) * 2 + (0 if is_female else 1)  # the last digit but one tells the sex
    first_17 = f"{region}{born_on:%Y%m%d}{order:03d}"
    return Resident(
        name=name,
        is_female=is_female,
        born_on=born_on,
        id_number=first_17 + id_check_digit(first_17),
        phone=f"199{serial % 100_000_000:08d}",
        address=f"{dice.choice(STREETS)}{dice.randint(1, 60)}号{dice.randint(1, 6)}0{dice.randint(1, 4)}室",
        is_penicillin_allergic=dice.random() < 0.06,
    )


def _age(dice: random.Random) -> float:
    """Who comes to a community centre: mostly the old, some children, some in between."""
    chance = dice.random()
    if chance < 0.08:
        return dice.uniform(1, 13)
    if chance < 0.40:
        return dice.uniform(18, 59)
    return dice.uniform(60, 90)
