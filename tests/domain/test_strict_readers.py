"""The strict readers of JSON, base64 and papers that are messages; clients/vectors has every form."""

import pytest

from idvault_verify import strict_base64, strict_json, strict_message
from idvault_verify.strict_base64 import Base64Error
from idvault_verify.strict_json import JsonError, JsonSizeError
from idvault_verify.strict_message import MessageError
from idvault_verify.v1 import erasure_pb2, verification_pb2


@pytest.mark.parametrize("text", ['{"a":[1,{"b":"\\ud83d\\ude00"}],"c":null}', b'{"\xe6\x9f\x90":0}', "{}"])
def test_what_is_read(text: str | bytes) -> None:
    """Bytes and texts."""
    assert isinstance(strict_json.parse_object(text, limit=100), dict)


@pytest.mark.parametrize("innermost", ["{}", '{"a":"b"}', '{"a":"\\ud83d\\ude00"}'])
def test_the_deepest_that_is_read(innermost: str) -> None:
    """32 objects, with a text in the last one or not."""
    text = innermost.join(('{"a":' * 31, "}" * 31))
    assert isinstance(strict_json.parse_object(text, limit=1_000), dict)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "[]",
            "{} x",
            '{"a":1,"a":1}',
            '{"a":1.0}',
            '{"a":NaN}',
            '{"a":-0}',
            '{"a":9007199254740992}',
        ),
        *('{"a":"\\ud800"}', '{"\\ud800":1}', '{"a":[["\\udfff"]]}', '{"a":"\ud800"}', b"\xff", "\ufeff{}"),
        '{"a":' * 32 + "{}" + "}" * 32,
        '{"a":' * 100_000,
        '{"a":"\\ud800"}'.join(('{"b":' * 31, "}" * 31)),
    ],
)
def test_what_another_reader_could_read_otherwise(text: str | bytes) -> None:
    """Each is refused, and the error has none of it."""
    with pytest.raises(JsonError) as refused:
        strict_json.parse_object(text, limit=10**6)
    assert "ud800" not in str(refused.value)


@pytest.mark.parametrize("text", ["{}" + " " * 99, "[" + "0," * 60 + "0]"])
def test_the_length_and_the_number_of_values_are_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read."""
    monkeypatch.setattr(strict_json, "MOST_MARKS", 60)
    with pytest.raises(JsonSizeError):
        strict_json.parse(text, limit=len(text) - ("{" in text))


@pytest.mark.parametrize("read", [strict_base64.standard, strict_base64.url])
def test_bytes_have_one_text(read: object) -> None:
    """Of each alphabet."""
    assert callable(read)
    own = strict_base64.encode_standard if read is strict_base64.standard else strict_base64.encode_url
    for data in (b"", b"a", b"ab", b"abc", b"\xfb\xff"):
        assert read(own(data)) == data
    for wrong in ("A", "AB==", "AA", "AA==", "AA=", "AAA==", " AAAA", "AA A", "\u00e9", 1, None):
        if wrong not in (own(b"\x00"),):
            with pytest.raises(Base64Error):
                read(wrong)


def test_a_message_has_one_form_of_each_value() -> None:
    """Of texts, bytes, numbers of both sizes, words, times, lists and objects."""
    text = (
        '{"accountToken":"a","recordDigest":"AAAA","entry":{"proof":{"index":"7","hashes":["AAAA"]}},'
        '"sealingQuorum":{"threshold":2,"custodians":[{"custodian":"li"}]},"checkpoint":{}}'
    )
    found = strict_message.parse(text, verification_pb2.Receipt(), limit=1_000)
    assert (found.entry.proof.index, found.sealing_quorum.threshold) == (7, 2)
    assert [found.HasField(name) for name in ("checkpoint", "record")] == [True, False]
    erased = strict_message.parse(
        '{"state":"STATE_ERASED","eraseTime":"2026-03-01T12:00:00Z"}', erasure_pb2.Erasure(), limit=100
    )
    assert (erased.state, erased.erase_time.seconds) == (erasure_pb2.Erasure.STATE_ERASED, 1_772_366_400)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"x":1}', "the file has"),
        ('{"account_token":"a"}', "the file has"),
        ('{"entry":{"x":1}}', "entry has"),
        ('{"accountToken":1}', "accountToken must be a text"),
        ('{"accountToken":null}', "accountToken must be a text"),
        ('{"recordDigest":"A"}', "recordDigest"),
        ('{"entry":[]}', "entry must be an object"),
        ('{"entry":{"proof":{"hashes":"AAAA"}}}', "entry.proof.hashes must be a list"),
        ('{"entry":{"proof":{"index":7}}}', "entry.proof.index must be"),
        ('{"entry":{"proof":{"index":"07"}}}', "entry.proof.index must be"),
        ('{"entry":{"proof":{"index":"9007199254740992"}}}', "entry.proof.index must be"),
        ('{"sealingQuorum":{"threshold":"2"}}', "sealingQuorum.threshold must be"),
        ('{"sealingQuorum":{"threshold":true}}', "sealingQuorum.threshold must be"),
        ('{"sealingQuorum":{"threshold":2147483648}}', "sealingQuorum.threshold must be"),
        ('{"sealingQuorum":{"custodians":[1]}}', "sealingQuorum.custodians must be"),
    ],
)
def test_any_other_is_refused_by_its_name(text: str, where: str) -> None:
    """The error names the member."""
    with pytest.raises(MessageError, match=where):
        strict_message.parse(text, verification_pb2.Receipt(), limit=1_000)


@pytest.mark.parametrize(
    "text",
    ['{"state":1}', '{"state":"ERASED"}', '{"eraseTime":1}', '{"eraseTime":"2026-02-30T12:00:00Z"}',
     '{"eraseTime":"2026-03-01T12:00:00.5Z"}', '{"eraseTime":"0000-03-01T12:00:00Z"}'],
)  # fmt: skip
def test_words_and_times_have_one_form(text: str) -> None:
    """Whole seconds of a day that there was, in UTC."""
    with pytest.raises(MessageError):
        strict_message.parse(text, erasure_pb2.Erasure(), limit=100)
