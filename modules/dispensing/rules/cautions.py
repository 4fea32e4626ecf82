"""What stands on a drug's label besides its usage (用药标签). House list, short enough for 60 × 40 mm."""

from app.i18n import N_

_BY_ROUTE = {
    "ext": N_("For external use only"),
    "sl": N_("Under the tongue, do not swallow"),
    "eye": N_("Discard four weeks after opening"),
    "pr": N_("Not to be taken by mouth"),
    "vag": N_("Not to be taken by mouth"),
}
_BY_FORM = (
    ("缓释", N_("Swallow whole, do not chew")),
    ("控释", N_("Swallow whole, do not chew")),
    ("肠溶", N_("Swallow whole, do not chew")),
    ("咀嚼", N_("Chew before swallowing")),
    ("混悬", N_("Shake before use")),
    ("泡腾", N_("Dissolve in water, do not swallow whole")),
)
_BY_CLASS = {
    "cephalosporin": N_("No alcohol during use and for 7 days after"),
    "insulin": N_("Keep in the refrigerator"),
}
_BY_CONTROL = (("冷链", N_("Keep in the refrigerator")), ("精", N_("May make you drowsy, do not drive")))


def cautions(*, route: str, form: str, classes: list[str], special_control: str) -> list[str]:
    """Texts to be translated, each once, at most three."""
    found = [_BY_ROUTE[route]] if route in _BY_ROUTE else []
    found += [text for mark, text in _BY_FORM if mark in form]
    found += [text for mark, text in _BY_CLASS.items() if any(mark in one for one in classes)]
    found += [text for mark, text in _BY_CONTROL if mark in special_control]
    return list(dict.fromkeys(found))[:3]
