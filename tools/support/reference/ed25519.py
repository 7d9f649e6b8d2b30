"""Refuses Ed25519 public keys of small order by computing 8 A (formats.md, section 1; RFC 8032, 5.1)."""

from tools.support.reference.encoding import check

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


def check_key(public: bytes) -> None:
    """Raise RefusedError for a key that does not have 32 bytes, or has small order.

    Under one that is no point no signature verifies.
    """
    check(len(public) == 32, "an Ed25519 key has 32 bytes")
    y = int.from_bytes(public, "little") % 2**255 % _P
    x = _root((y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P)
    if x is None:
        return
    for _ in range(3):
        x, y = _doubled(x, y)
    check((x, y) != (0, 1), "the key has small order")


def _doubled(x: int, y: int) -> tuple[int, int]:
    product = _D * x * x * y * y % _P
    return (
        2 * x * y * pow(1 + product, -1, _P) % _P,
        (y * y + x * x) * pow(1 - product, -1, _P) % _P,
    )


def _root(square: int) -> int | None:
    root = pow(square, (_P + 3) // 8, _P)
    if root * root % _P != square:
        root = root * pow(2, (_P - 1) // 4, _P) % _P
    return root if root * root % _P == square else None
