"""Numbers of travel documents that a reviewer sees: passports, and mainland travel permits.

- A passport's number is the country that issued it (ISO 3166-1 alpha-3), then the nine characters and the
  check digit of its machine-readable zone (ICAO 9303): a shorter number is filled with "<". Germany's "D<<"
  becomes DEU. Countries count, because two of them issue equal numbers.
- A mainland travel permit's number is H or M and eight digits (residents of Hong Kong and Macau), or eight
  digits (residents of Taiwan). It has no check digit.
- A resident number is neither: whoever has one is matched with the registry.
"""

import re

from idvault_verify.error import FieldCode

PASSPORT_LENGTH = 13
_COUNTRIES = frozenset(
    [
        "ABW",
        "AFG",
        "AGO",
        "AIA",
        "ALA",
        "ALB",
        "AND",
        "ARE",
        "ARG",
        "ARM",
        "ASM",
        "ATA",
        "ATF",
        "ATG",
        "AUS",
        "AUT",
        "AZE",
        "BDI",
        "BEL",
        "BEN",
        "BES",
        "BFA",
        "BGD",
        "BGR",
        "BHR",
        "BHS",
        "BIH",
        "BLM",
        "BLR",
        "BLZ",
        "BMU",
        "BOL",
        "BRA",
        "BRB",
        "BRN",
        "BTN",
        "BVT",
        "BWA",
        "CAF",
        "CAN",
        "CCK",
        "CHE",
        "CHL",
        "CHN",
        "CIV",
        "CMR",
        "COD",
        "COG",
        "COK",
        "COL",
        "COM",
        "CPV",
        "CRI",
        "CUB",
        "CUW",
        "CXR",
        "CYM",
        "CYP",
        "CZE",
        "DEU",
        "DJI",
        "DMA",
        "DNK",
        "DOM",
        "DZA",
        "ECU",
        "EGY",
        "ERI",
        "ESH",
        "ESP",
        "EST",
        "ETH",
        "FIN",
        "FJI",
        "FLK",
        "FRA",
        "FRO",
        "FSM",
        "GAB",
        "GBR",
        "GEO",
        "GGY",
        "GHA",
        "GIB",
        "GIN",
        "GLP",
        "GMB",
        "GNB",
        "GNQ",
        "GRC",
        "GRD",
        "GRL",
        "GTM",
        "GUF",
        "GUM",
        "GUY",
        "HKG",
        "HMD",
        "HND",
        "HRV",
        "HTI",
        "HUN",
        "IDN",
        "IMN",
        "IND",
        "IOT",
        "IRL",
        "IRN",
        "IRQ",
        "ISL",
        "ISR",
        "ITA",
        "JAM",
        "JEY",
        "JOR",
        "JPN",
        "KAZ",
        "KEN",
        "KGZ",
        "KHM",
        "KIR",
        "KNA",
        "KOR",
        "KWT",
        "LAO",
        "LBN",
        "LBR",
        "LBY",
        "LCA",
        "LIE",
        "LKA",
        "LSO",
        "LTU",
        "LUX",
        "LVA",
        "MAC",
        "MAF",
        "MAR",
        "MCO",
        "MDA",
        "MDG",
        "MDV",
        "MEX",
        "MHL",
        "MKD",
        "MLI",
        "MLT",
        "MMR",
        "MNE",
        "MNG",
        "MNP",
        "MOZ",
        "MRT",
        "MSR",
        "MTQ",
        "MUS",
        "MWI",
        "MYS",
        "MYT",
        "NAM",
        "NCL",
        "NER",
        "NFK",
        "NGA",
        "NIC",
        "NIU",
        "NLD",
        "NOR",
        "NPL",
        "NRU",
        "NZL",
        "OMN",
        "PAK",
        "PAN",
        "PCN",
        "PER",
        "PHL",
        "PLW",
        "PNG",
        "POL",
        "PRI",
        "PRK",
        "PRT",
        "PRY",
        "PSE",
        "PYF",
        "QAT",
        "REU",
        "ROU",
        "RUS",
        "RWA",
        "SAU",
        "SDN",
        "SEN",
        "SGP",
        "SGS",
        "SHN",
        "SJM",
        "SLB",
        "SLE",
        "SLV",
        "SMR",
        "SOM",
        "SPM",
        "SRB",
        "SSD",
        "STP",
        "SUR",
        "SVK",
        "SVN",
        "SWE",
        "SWZ",
        "SXM",
        "SYC",
        "SYR",
        "TCA",
        "TCD",
        "TGO",
        "THA",
        "TJK",
        "TKL",
        "TKM",
        "TLS",
        "TON",
        "TTO",
        "TUN",
        "TUR",
        "TUV",
        "TWN",
        "TZA",
        "UGA",
        "UKR",
        "UMI",
        "URY",
        "USA",
        "UZB",
        "VAT",
        "VCT",
        "VEN",
        "VGB",
        "VIR",
        "VNM",
        "VUT",
        "WLF",
        "WSM",
        "YEM",
        "ZAF",
        "ZMB",
        "ZWE",
    ]
)
"""ISO 3166-1 alpha-3."""
_GERMANY = "D<<"
_FILLED = re.compile(r"[A-Z0-9]{1,9}<{0,8}[0-9]")
_WEIGHTS = (7, 3, 1)
_VALUES = {each: value for value, each in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_HONG_KONG, _TAIWAN = re.compile(r"[HM][0-9]{8}"), re.compile(r"[0-9]{8}")
_PERMIT_LENGTHS = (8, 9)
_RESIDENT = re.compile(r"(?:[A-Z]{3})?(?:[0-9]{17}[0-9X]|[0-9]{15})")


def is_resident_number(number: str) -> bool:
    """Return whether a normalised number has the form of a resident number, also after a country."""
    return _RESIDENT.fullmatch(number) is not None


def check_digit(number: str) -> str:
    """Return the check digit of characters of a machine-readable zone (ICAO 9303 part 3, 4.9)."""
    total = sum(_VALUES[each] * _WEIGHTS[place % 3] for place, each in enumerate(number))
    return str(total % 10)


def passport(number: str) -> str:
    """Return a passport's number with its country as ISO 3166 has it."""
    return "DEU" + number[3:] if number.startswith(_GERMANY) else number


def passport_error(number: str) -> FieldCode | None:
    """Return what is wrong with a passport's number; None if nothing is."""
    if len(number) != PASSPORT_LENGTH:
        return FieldCode.LENGTH
    if _FILLED.fullmatch(number[3:]) is None:
        return FieldCode.CHARACTER
    if number[:3] not in _COUNTRIES:
        return FieldCode.REGION
    return None if check_digit(number[3:-1]) == number[-1] else FieldCode.CHECK_DIGIT


def permit_error(number: str) -> FieldCode | None:
    """Return what is wrong with a mainland travel permit's number; None if nothing is."""
    if len(number) not in _PERMIT_LENGTHS:
        return FieldCode.LENGTH
    is_one = _HONG_KONG.fullmatch(number) or _TAIWAN.fullmatch(number)
    return None if is_one else FieldCode.CHARACTER
