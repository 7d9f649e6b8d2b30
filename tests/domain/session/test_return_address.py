"""Where a session may send a browser: an open redirect is refused in every spelling."""

import pytest

from idvault_verify import return_address
from idvault_verify.error import InvalidError
from idvault_verify.return_address import ColourError, UnseenColourError

ORIGINS = ("https://chat.example", "https://chat.example:8443")


@pytest.mark.parametrize(
    "address",
    [
        "https://chat.example",
        "https://chat.example/",
        "https://chat.example/a/b?c=d&e=%E4%BD%A0",
        "https://chat.example?next=https://evil.example/",
        "https://chat.example:8443/x",
        "https://chat.example//evil.example",
    ],
)
def test_an_address_of_a_registered_origin_is_accepted(address: str) -> None:
    """Path and query are the platform's own business."""
    assert return_address.check(address, origins=ORIGINS) == address


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "REQUIRED"),
        ("https://chat.example/" + "a" * 1_000, "LENGTH"),
        ("http://chat.example/", "CHARACTER"),
        ("https://evil.example/", "CHARACTER"),
        ("https://chat.example.evil.example/", "CHARACTER"),
        ("https://chat.example@evil.example/", "CHARACTER"),
        ("https://chat.example:443@evil.example/", "CHARACTER"),
        ("https://chat.example:8444/", "CHARACTER"),
        ("https://evil.example\\@chat.example/", "CHARACTER"),
        ("https://evil.example#https://chat.example/", "CHARACTER"),
        ("https://chat.example/a#b", "CHARACTER"),
        ("https://chat.example/a b", "CHARACTER"),
        ("https://chat.example/\r\nSet-Cookie:a=b", "CHARACTER"),
        ("https://chat.example/\t", "CHARACTER"),
        ("https://chat.example/你", "CHARACTER"),
        ("//chat.example/", "CHARACTER"),
        ("/verified", "CHARACTER"),
        ("javascript:alert(1)", "CHARACTER"),
        ("data:text/html,x", "CHARACTER"),
        ("HTTPS://CHAT.EXAMPLE/", "CHARACTER"),
        ("https://[::1/", "CHARACTER"),
        ("https:///chat.example", "CHARACTER"),
        ("https://chat.example/?session_id=1", "CHARACTER"),
        ("https://chat.example/?a=b&bind_code=", "CHARACTER"),
    ],
)
def test_any_other_address_is_refused(address: str, code: str) -> None:
    """The error names the field and never the address."""
    with pytest.raises(InvalidError) as refused:
        return_address.check(address, origins=ORIGINS)
    [violation] = refused.value.violations
    assert (violation.field, violation.code) == ("return_url", code)


@pytest.mark.parametrize(
    ("origin", "fits"),
    [
        ("https://chat.example", True),
        ("https://chat.example:8443", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1", True),
        ("http://chat.example", False),
        ("https://chat.example/", False),
        ("https://CHAT.example", False),
        ("https://", False),
        ("https://-a.example", False),
        ("https://a@b.example", False),
        ("https://" + "a" * 1_000, False),
        ("*", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(origin: str, fits: bool) -> None:
    """Plain http is for loopback names only."""
    if fits:
        assert return_address.check_origin(origin) == origin
        return
    with pytest.raises(InvalidError) as refused:
        return_address.check_origin(origin)
    assert refused.value.violations[0].field == "return_origin"


@pytest.mark.parametrize(
    ("title", "code"),
    [("a" * 61, "LENGTH"), ("a\nb", "CHARACTER"), (" a", "CHARACTER"), ("a\u202eb", "CHARACTER")],
)
def test_a_title_is_one_line(title: str, code: str) -> None:
    """A title has no control characters: it stands beside the vault's own words."""
    with pytest.raises(InvalidError) as refused:
        return_address.check_title(title)
    [violation] = refused.value.violations
    assert (violation.field, violation.code) == ("title", code)
    assert return_address.check_title("Example Chat 例") == "Example Chat 例"


@pytest.mark.parametrize("colour", ["#8b5cf6", "#d03050", "#949494", "#666666", ""])
def test_a_colour_that_is_seen_in_both_schemes_is_kept(colour: str) -> None:
    """In lower case, in which no two ways of writing look like a change; none is none."""
    assert return_address.check_colour(colour) == colour
    assert return_address.check_colour(colour.upper()) == colour


@pytest.mark.parametrize(
    "colour",
    ["8b5cf6", "#8b5", "#8b5cf6a", "#8b5cfg", " #8b5cf6", "#8b5cf6\n", "red", '#"/><s>', "#8b5cf\uff16"],
)
def test_any_other_writing_of_a_colour_is_refused(colour: str) -> None:
    """It stands in a page's markup: # and six digits, nothing else."""
    with pytest.raises(ColourError, match=r"^colour must be # and six digits") as refused:
        return_address.check_colour(colour)
    [violation] = refused.value.violations
    assert (violation.field, violation.code) == ("colour", "CHARACTER")


@pytest.mark.parametrize(
    ("colour", "scheme", "contrast", "other"),
    [
        ("#ffffff", "light", "1.00", "darker"),
        # The greys beside the last ones that are seen; what is told is never rounded up to what is needed.
        ("#959595", "light", "2.99", "darker"),
        ("#000000", "dark", "1.21", "lighter"),
        ("#656565", "dark", "2.96", "lighter"),
    ],
)
def test_a_colour_that_is_not_seen_is_refused(colour: str, scheme: str, contrast: str, other: str) -> None:
    """The error names the field, the scheme, the contrast, the one that is needed, and what would do."""
    with pytest.raises(UnseenColourError) as refused:
        return_address.check_colour(colour)
    found = refused.value
    assert ([each.field for each in found.violations], found.scheme) == (["colour"], scheme)
    assert str(found) == (
        f"colour has a contrast of {contrast} to 1 to the {scheme} pages, and needs at least 3 to 1: "
        f"choose a {other} one"
    )


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21 in either order, and a grey whose contrast is published has that one."""
    assert return_address.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert return_address.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)


def test_parameters_are_appended() -> None:
    """An address with a query keeps it."""
    plain, full = "https://chat.example/a", "https://chat.example/a?b=c"
    assert return_address.with_parameters(plain, session_id="1") == f"{plain}?session_id=1"
    assert return_address.with_parameters(full, session_id="1", x="&") == f"{full}&session_id=1&x=%26"
