"""Detectors of numbers that carry their own check: payment cards, IBANs, US social security numbers, IP addresses."""

import ipaddress
import re
from collections.abc import Iterator

Span = tuple[int, int]

# Patterns start with the character itself and look back over it: the engine then skips quickly to such characters.
_CARD = re.compile(r"\d(?<![\w.+-].)(?:[ -]?\d){11,18}(?![\w]|[.-]\d)", re.ASCII)
_CARD_GROUPS = re.compile(r"\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|\d{4}[ -]\d{6}[ -]\d{4,5}|\d+")
_ISSUERS = re.compile(  # ISO/IEC 7812 issuer ranges with the lengths in use
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|095|[689]\d)\d{11}|(?:6011|64[4-9]\d|65\d\d|62\d\d|81\d\d)\d{12}|35\d{14}|(?:2131|1800)\d{11}"
    r"|(?:5018|5020|5038|5[678]\d\d|6304|6390|67\d\d|0604)\d{8,15}|220[0-4]\d{12}|(?:60|65|508)\d{13,14}"
)
_IBAN = re.compile(r"([A-Za-z](?<![A-Za-z0-9].)[A-Za-z])\d{2}(?=[ -]?[A-Za-z0-9])", re.ASCII)
_IBAN_LENGTHS = {  # SWIFT IBAN registry
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE", "BI"), 16),
    **dict.fromkeys(("DK", "FK", "FI", "FO", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BF", "BJ", "CI", "CM", "DZ", "FR", "GR", "IT", "MC", "MR", "ML", "SM", "SN"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}
_SSN = re.compile(r"\d(?<![\w-].)(?<!9)\d\d(?<!000)(?<!666)([- ]?)(?!00)\d{2}\1(?!0000)\d{4}(?!\w|-\d)", re.ASCII)
_SSN_NAMED = re.compile(r"\bssn\b|social[ _-]?security", re.IGNORECASE)
_IPV4 = re.compile(r"\d(?<![\w.].)\d{0,2}(?:\.\d{1,3}){3}(?!\w|\.\w)", re.ASCII)
_IPV6 = re.compile(
    r"[0-9A-Fa-f:](?<![\w:.].)[0-9A-Fa-f:]{0,4}(?:[0-9A-Fa-f]{0,4}:){1,7}[0-9A-Fa-f]{0,4}(?![\w:])", re.ASCII
)


def cards(text: str, key: str) -> Iterator[Span]:
    """Payment cards: 12 to 19 digits in usual groups, an issuer's range, and the Luhn check (ISO/IEC 7812-1)."""
    for found in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", found[0])
        if _CARD_GROUPS.fullmatch(found[0]) and _ISSUERS.fullmatch(digits) and _luhn(digits):
            yield found.span()


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def ibans(text: str, key: str) -> Iterator[Span]:
    """IBANs: the length of their country, and the check digits (ISO 13616, modulo 97)."""
    for found in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(found[1].upper(), 0)
        end = _after(text, found.start(), length) if length else 0
        if end and _modulo_97(text[found.start() : end]):
            yield found.start(), end


def _after(text: str, start: int, length: int) -> int:
    """Where `length` letters and digits with single separators between them end, 0 if they do not or go on."""
    body = re.compile(rf"[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){{{length - 1}}}(?![A-Za-z0-9])", re.ASCII).match(text, start)
    return body.end() if body else 0


def _modulo_97(written: str) -> bool:
    code = re.sub(r"[ -]", "", written).upper()
    return int("".join(str(int(character, 36)) for character in code[4:] + code[:4])) % 97 == 1


def social_security_numbers(text: str, key: str) -> Iterator[Span]:
    """US social security numbers in ranges that are issued; without hyphens only beside their name."""
    for found in _SSN.finditer(text):
        around = f"{key} {text[max(0, found.start() - 40) : found.start()]}"
        if found[1] == "-" or _SSN_NAMED.search(around):
            yield found.span()


def ip_addresses(text: str, key: str) -> Iterator[Span]:
    """IPv4 and IPv6 addresses; versions such as 1.2.3.4 look the same, so they are better reported than masked."""
    for pattern in (_IPV4, _IPV6):
        for found in pattern.finditer(text):
            if sum(map(str.isalnum, found[0])) >= 4 and _is_address(found[0]):
                yield found.span()


def _is_address(written: str) -> bool:
    try:
        return not ipaddress.ip_address(written).is_unspecified
    except ValueError:
        return False
