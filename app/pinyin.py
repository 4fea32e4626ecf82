"""How a Chinese name or drug is typed on a Latin keyboard (拼音码)."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")  # nobody changes the readings; a copy costs 3 MB
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # 40 MB, read by the first who needs them (`_know_phrases`)
from pypinyin import Style, lazy_pinyin, load_phrases_dict

_SPACES = re.compile(r"\s+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff〇]")


# Readings a character takes as a surname where the dictionary's first reading differs or is in doubt.
_SURNAMES: Mapping[str, tuple[str, ...]] = {
    surname: tuple(reading.split())
    for surname, reading in {
        "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "朴": "piao", "查": "zha", "区": "ou",
        "任": "ren", "华": "hua", "盖": "ge", "葛": "ge", "乐": "yue", "员": "yun", "翟": "zhai",
        "覃": "qin", "缪": "miao", "冼": "xian", "洗": "xian", "郇": "xun", "种": "chong", "重": "chong",
        "繁": "po", "秘": "bi", "折": "she", "黑": "he", "祭": "zhai", "宓": "mi", "召": "shao",
        "晁": "chao", "能": "nai", "佴": "nai", "牟": "mu", "瞿": "qu", "燕": "yan", "宁": "ning",
        "过": "guo", "哈": "ha", "那": "na", "纪": "ji", "隗": "wei", "尉": "wei", "阙": "que",
        "逄": "pang", "谌": "chen", "都": "du", "车": "che", "卜": "bu", "么": "yao", "幺": "yao",
        "石": "shi", "柏": "bai", "贾": "jia", "谷": "gu", "行": "xing", "应": "ying", "相": "xiang",
        "曲": "qu", "钭": "tou", "郗": "xi", "臧": "zang", "藏": "zang", "长": "chang", "降": "jiang",
        "强": "qiang", "盛": "sheng", "莘": "shen", "沈": "shen", "俞": "yu", "於": "yu", "余": "yu",
        "句": "gou", "勾": "gou", "万": "wan", "褚": "chu", "邸": "di", "适": "kuo", "占": "zhan",
        "便": "pian", "卡": "qia", "吾": "wu", "干": "gan", "尹": "yin", "洪": "hong", "牛": "niu",
        "万俟": "mo qi", "尉迟": "yu chi", "长孙": "zhang sun", "澹台": "tan tai", "宰父": "zai fu",
        "亓官": "qi guan", "鲜于": "xian yu", "单于": "chan yu", "令狐": "ling hu", "呼延": "hu yan",
        "皇甫": "huang fu", "夏侯": "xia hou", "诸葛": "zhu ge", "上官": "shang guan", "欧阳": "ou yang",
        "司马": "si ma", "司徒": "si tu", "公孙": "gong sun", "慕容": "mu rong", "宇文": "yu wen",
        "赫连": "he lian", "端木": "duan mu", "南宫": "nan gong", "独孤": "du gu", "百里": "bai li",
        "拓跋": "tuo ba", "乐正": "yue zheng", "公冶": "gong ye", "濮阳": "pu yang", "闻人": "wen ren",
        "太叔": "tai shu", "申屠": "shen tu", "轩辕": "xuan yuan", "钟离": "zhong li", "闾丘": "lv qiu",
        "谷梁": "gu liang", "子车": "zi ju", "颛孙": "zhuan sun", "巫马": "wu ma", "漆雕": "qi diao",
    }.items()
}  # fmt: skip

# Readings a character takes in a given name where the dictionary's first reading is another. Source: house rule.
_GIVEN: Mapping[str, str] = {
    "长": "chang", "晟": "sheng", "偲": "si", "曾": "zeng", "重": "chong", "薄": "bo", "厦": "xia", "杉": "shan",
}  # fmt: skip

# Words of the pharmacy whose reading the general dictionary misses when they stand inside a drug name.
_DRUG_WORDS: Mapping[str, tuple[str, ...]] = {
    word: tuple(reading.split())
    for word, reading in {
        "川芎": "chuan xiong", "大黄": "da huang", "白术": "bai zhu", "苍术": "cang zhu", "莪术": "e zhu",
        "黄柏": "huang bo",
        "阿胶": "e jiao", "薄荷": "bo he", "蛤蚧": "ge jie", "蛤壳": "ge qiao", "地骨皮": "di gu pi",
        "血竭": "xue jie", "血塞通": "xue sai tong", "血府": "xue fu", "重楼": "chong lou",
        "重组": "chong zu",
        "藏红花": "zang hong hua", "藏青果": "zang qing guo", "三棱": "san leng", "薏苡仁": "yi yi ren",
        "石斛": "shi hu", "车前": "che qian", "远志": "yuan zhi", "五味子": "wu wei zi", "茜草": "qian cao",
        "乌药": "wu yao", "何首乌": "he shou wu", "单硝酸": "dan xiao suan", "调经": "tiao jing",
        "茶调": "cha tiao", "伸筋": "shen jin", "胶囊": "jiao nang", "栓": "shuan", "散": "san", "丸": "wan",
        "曲": "qu", "贴": "tie", "吡": "bi", "噻": "sai", "嗪": "qin", "甾": "zai", "酐": "gan", "巯": "qiu",
    }.items()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PinyinKey:
    """How a Chinese word is typed on a Latin keyboard: `full` reading and `initials`, both lower case."""

    full: str
    initials: str


def name_pinyin(name: str) -> PinyinKey:
    """Return the search key of a person's name; surnames keep their own reading (曾 zeng, 尉迟 yuchi).

    A given name is read character by character: words of the language do not stand in it.
    ü is written v, as on a keyboard. Latin words count by their first letter: John Smith is `js`.
    Source: GB/T 28039-2011 for the reading of surnames; the table holds the common ones.
    """
    written = _SPACES.sub(" ", unicodedata.normalize("NFKC", name)).strip()
    for length in (2, 1):
        surname = written[:length]
        if len(written) > len(surname) and surname in _SURNAMES and "·" not in written:
            return _key([*_SURNAMES[surname], *_syllables(written[length:], _one_by_one)])
    return _key(_syllables(written, _one_by_one))


def drug_pinyin(name: str) -> PinyinKey:
    """Return the search key of a drug's or service's name, digits kept (头孢曲松钠1.0g: tbqsn1.0g)."""
    written = _SPACES.sub("", unicodedata.normalize("NFKC", name))
    syllables: list[str] = []
    start = position = 0
    while position < len(written):
        word = _drug_word_at(written, position)
        if word is None:
            position += 1
            continue
        syllables += [*_syllables(written[start:position], _by_words), *_DRUG_WORDS[word]]
        start = position = position + len(word)
    return _key([*syllables, *_syllables(written[start:], _by_words)])


def _drug_word_at(text: str, position: int) -> str | None:
    found = (text[position : position + length] for length in (4, 3, 2, 1))
    return next((word for word in found if word in _DRUG_WORDS), None)


def _one_by_one(text: str) -> list[str]:
    return [_GIVEN.get(one) or "".join(lazy_pinyin(one, style=Style.NORMAL, errors="ignore")) for one in text]


def _by_words(text: str) -> list[str]:
    _know_phrases()
    return lazy_pinyin(text, style=Style.NORMAL, errors="ignore")


@cache
def _know_phrases() -> None:
    """Read the dictionary of phrases: 丹参 is danshen, whatever 参 is alone. Once a process, when first needed."""
    load_phrases_dict(import_module("pypinyin.phrases_dict").phrases_dict)


def _syllables(text: str, read: Callable[[str], list[str]]) -> list[str]:
    """Split into syllables of Chinese characters and words of Latin letters; digits and points stay whole."""
    syllables: list[str] = []
    for part in re.findall(r"[\u3400-\u9fff\U00020000-\U0003ffff〇]+|[A-Za-z]+|[0-9.]+", text):
        if _HAN.match(part):
            syllables += read(part)
        else:
            syllables.append(part.lower())
    return syllables


def _key(syllables: Iterable[str]) -> PinyinKey:
    words = [word for word in syllables if word]
    initials = (word if word[0].isdigit() else word[0] for word in words)
    return PinyinKey(full="".join(words), initials="".join(initials))


def initials(text: str) -> str:
    """What people type to find a dictionary's entry."""
    return drug_pinyin(text).initials
