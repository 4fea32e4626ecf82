"""Code 128, character set B: a prescription's number as bars (ISO/IEC 15417)."""

_WIDTHS = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132
    122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212
    322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311
    112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321
    331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214
    112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212
    124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113
    411311 113141 114131 311141 411131 211412 211214 211232 2331112
""".split()  # noqa: SIM905  the table of the standard, in its order
_START_B, _STOP = 104, 106


def bars(text: str) -> list[tuple[int, int]]:
    """Position and width of each black bar, in modules; the text is printable ASCII.

    Raises:
        ValueError: a character has no place in set B.
    """
    codes = [ord(letter) - 32 for letter in text]
    if any(not 0 <= code <= 94 for code in codes):
        raise ValueError(f"not in Code 128 B: {text!r}")
    check = (_START_B + sum(place * code for place, code in enumerate(codes, start=1))) % 103
    found, at = [], 0
    for code in (_START_B, *codes, check, _STOP):
        for index, width in enumerate(map(int, _WIDTHS[code])):
            if index % 2 == 0:
                found.append((at, width))
            at += width
    return found
