"""The fixed identities of the NPPA test system: its published synthetic values, byte for byte."""

from idvault.registry.nppa import NppaStatus

_VERIFIED = (
    ("某一一", "110000190101010001", "1fffbjzos82bs9cnyj1dna7d6d29zg4esnh99u"),
    ("某一二", "110000190101020007", "1fffbkmd9ebtwi7u7f4oswm9li6twjydqs7qjv"),
    ("某一三", "110000190101030002", "1fffblf892i0p1zh6wlec2quukxtw29v4yismp"),
    ("某一四", "110000190101040008", "1fffbmr55j92gttv5wxspm0mgvw8x3p0n7cy0j"),
    ("某一五", "11000019010101001X", "1fffbjqfba5y6uwr55cdak6faokhm4s02qkyue"),
    ("某一六", "110000190101020015", "1fffbkrwndszes1sngfx3v6pdqh87fi4zhz9ur"),
    ("某一七", "110000190101030010", "1fffbl6st3fbp199i8zh5ggcp84fgo3rj7pn1y"),
    ("某一八", "110000190101040016", "1fffbmzwmr1k3y8bri2linqbhnvmu510u5jj6z"),
)
_IN_PROGRESS = (
    ("某二一", "110000190201010009"),
    ("某二二", "110000190201020004"),
    ("某二三", "11000019020103000X"),
    ("某二四", "110000190201040005"),
    ("某二五", "110000190201010017"),
    ("某二六", "110000190201020012"),
    ("某二七", "110000190201030018"),
    ("某二八", "110000190201040013"),
)

# (name, number) -> the answer to a check, for any ai.
PEOPLE: dict[tuple[str, str], tuple[NppaStatus, str | None]] = {
    **{(name, number): (NppaStatus.VERIFIED, pi) for name, number, pi in _VERIFIED},
    **dict.fromkeys(_IN_PROGRESS, (NppaStatus.IN_PROGRESS, None)),
}

# ai -> the answer to a query, with or without a previous check.
QUERIES: dict[str, tuple[NppaStatus, str | None]] = {
    **{f"1{i:017}": (NppaStatus.VERIFIED, pi) for i, (_name, _number, pi) in enumerate(_VERIFIED, 1)},
    **{f"2{i:017}": (NppaStatus.IN_PROGRESS, None) for i in range(1, 9)},
    **{f"3{i:017}": (NppaStatus.FAILED, None) for i in range(1, 9)},
}
