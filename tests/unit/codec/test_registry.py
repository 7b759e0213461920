"""The registry client, over real HTTP and TLS against a small registry."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.codec import (
    AvroEventCodec,
    Incompatible,
    RegistryTls,
    SchemaRegistry,
    SchemaSet,
    read_schemas,
    register_all,
)
from hub.errors import ConfigError, Permanent, Poison, Retriable
from tests.unit.codec.certificates import Certificates, make_certificates
from tests.unit.codec.registry_stub import FIRST_ID, Answer, StubRegistry, served
from tests.unit.codec.support import MOVEMENT, evolved

SCHEMAS = SchemaSet.load()
SUBJECT = "cases-hub.movements.MovementRecorded"


@pytest.fixture
def stub() -> Iterator[StubRegistry]:
    with served(StubRegistry()) as running:
        yield running


def test_all_schemas_are_registered_under_topic_and_record_name(stub: StubRegistry) -> None:
    ids = register_all(SchemaRegistry(stub.url), SCHEMAS.current)
    assert ids.keys() == SCHEMAS.current.keys()
    assert stub.subjects[SUBJECT] == [ids["movements.recorded"]]
    assert "referral-facts-hub.referrals.ReferralFact" in stub.subjects
    assert set(stub.levels.values()) == {"FULL_TRANSITIVE"}
    assert len(stub.levels) == len(ids)


def test_registering_again_changes_nothing(stub: StubRegistry) -> None:
    first = register_all(SchemaRegistry(stub.url), SCHEMAS.current, "pilot.")
    assert register_all(SchemaRegistry(stub.url), SCHEMAS.current, "pilot.") == first
    assert f"pilot.{SUBJECT}" in stub.subjects


def test_one_incompatible_schema_keeps_all_from_being_registered(
    stub: StubRegistry, tmp_path: Path
) -> None:
    register_all(SchemaRegistry(stub.url), SCHEMAS.current)
    before = dict(stub.schemas)
    root = evolved(tmp_path, "timers/due", lambda schema: schema["fields"].pop())
    with pytest.raises(Incompatible) as caught:
        register_all(SchemaRegistry(stub.url), read_schemas(root))
    assert caught.value.subjects == ("cases-hub.timers.TimerDue",)
    assert stub.schemas == before


def test_the_codec_writes_and_reads_with_the_registrys_ids(stub: StubRegistry) -> None:
    ids = register_all(SchemaRegistry(stub.url), SCHEMAS.current)
    codec = AvroEventCodec(SCHEMAS.with_registry(SchemaRegistry(stub.url)))
    data = codec.encode_payload(MOVEMENT)
    assert int.from_bytes(data[1:5], "big") == ids["movements.recorded"] >= FIRST_ID
    assert codec.decode_payload("movements.recorded", data) == MOVEMENT


def test_the_hub_does_not_register_by_itself(stub: StubRegistry) -> None:
    with pytest.raises(ConfigError, match="run `hub schemas register`") as caught:
        SCHEMAS.with_registry(SchemaRegistry(stub.url))
    assert len(caught.value.problems) == len(SCHEMAS.current)
    assert stub.schemas == {}


def with_id(data: bytes, number: int) -> bytes:
    return data[:1] + number.to_bytes(4, "big") + data[5:]


def test_a_version_only_the_registry_knows_is_newer(stub: StubRegistry) -> None:
    registry = SchemaRegistry(stub.url)
    register_all(registry, SCHEMAS.current)
    codec = AvroEventCodec(SCHEMAS.with_registry(registry))
    newer = json.loads(json.dumps(SCHEMAS.current["movements.recorded"].schema))
    newer["fields"].append({"name": "extra", "type": ["null", "string"], "default": None})
    data = with_id(codec.encode_payload(MOVEMENT), registry.register(SUBJECT, newer))
    with pytest.raises(Poison) as caught:
        codec.decode_payload("movements.recorded", data)
    assert caught.value.reason == "newer-schema"


def test_the_same_schema_in_other_words_is_legible_under_its_other_id(stub: StubRegistry) -> None:
    registry = SchemaRegistry(stub.url)
    register_all(registry, SCHEMAS.current)
    codec = AvroEventCodec(SCHEMAS.with_registry(registry))
    reworded = SCHEMAS.current["movements.recorded"].schema | {"doc": "Other words."}
    data = with_id(codec.encode_payload(MOVEMENT), registry.register(SUBJECT, reworded))
    assert codec.decode_payload("movements.recorded", data) == MOVEMENT
    asked = len(stub.calls)
    assert codec.decode_payload("movements.recorded", data) == MOVEMENT
    assert len(stub.calls) == asked


@pytest.mark.parametrize("foreign", [{"type": "record", "name": "x.Y", "fields": []}, "string"])
def test_a_foreign_schema_or_none_is_an_unknown_id(stub: StubRegistry, foreign: object) -> None:
    registry = SchemaRegistry(stub.url)
    register_all(registry, SCHEMAS.current)
    codec = AvroEventCodec(SCHEMAS.with_registry(registry))
    stub.schemas[7] = json.dumps(foreign)
    for number in (7, 8):
        with pytest.raises(Poison) as caught:
            codec.decode_payload("timers.due", with_id(b"\0" * 5, number))
        assert caught.value.reason == "unknown-schema-id"


def test_a_registry_that_is_away_makes_the_batch_wait_and_poisons_nothing(
    stub: StubRegistry,
) -> None:
    registry = SchemaRegistry(stub.url)
    register_all(registry, SCHEMAS.current)
    codec = AvroEventCodec(SCHEMAS.with_registry(registry))
    stub.answer = Answer(503)
    with pytest.raises(Retriable):
        codec.decode_payload("timers.due", with_id(b"\0" * 5, 7))


ANSWERS: dict[str, tuple[Answer, type[Exception], str]] = {
    "throttled": (Answer(429, headers=(("Retry-After", "7"),)), Retriable, "429"),
    "broken": (Answer(500), Retriable, "500"),
    "refused": (Answer(403), ConfigError, "check user and role"),
    "invalid": (Answer(422), Permanent, "invalid"),
    "incompatible": (Answer(409), Permanent, "not compatible"),
    "redirected": (Answer(302, headers=(("Location", "http://x.invalid"),)), Permanent, "302"),
    "a web page": (Answer(200, b"<html>"), Permanent, "not its protocol"),
    "no object": (Answer(200, b"[]"), Permanent, "not its protocol"),
    "no id": (Answer(200, b"{}"), Permanent, "not its protocol"),
    "nothing there": (Answer(404), Permanent, "did not take"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_each_answer_says_how_to_recover(stub: StubRegistry, case: str) -> None:
    stub.answer, kind, text = ANSWERS[case]
    with pytest.raises(kind, match=text) as caught:
        SchemaRegistry(stub.url).register("s", {"type": "record", "name": "x.Y", "fields": []})
    if isinstance(caught.value, Retriable):
        assert caught.value.retry_after_s == (7 if case == "throttled" else None)


def test_basic_authentication_is_sent_and_a_wrong_password_is_a_matter_of_configuration() -> None:
    with served(StubRegistry("hub:secret")) as stub:
        good = SchemaRegistry(stub.url, user="hub", password="secret")
        assert good.register("s", SCHEMAS.current["timers.due"].schema) == FIRST_ID
        with pytest.raises(ConfigError, match="refused the credentials") as caught:
            SchemaRegistry(stub.url, user="hub", password="wrong").schema(FIRST_ID)
        assert "wrong" not in str(caught.value)


def test_nobody_listening_is_worth_another_try() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(Retriable, match="can't be reached"):
            SchemaRegistry(url).schema(1)


def test_an_answer_that_does_not_come_is_worth_another_try() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Retriable, match="can't be reached"):
            SchemaRegistry(url, timeout_s=0.05).schema(1)


@pytest.mark.parametrize(
    ("url", "user", "text"),
    [
        ("registry.invalid", None, "must begin with http"),
        ("ftp://registry.invalid", None, "must begin with http"),
        ("https://hub:secret@registry.invalid", None, "must not hold credentials"),
        ("http://registry.invalid", "hub", "travel in clear"),
    ],
)
def test_an_unsafe_address_is_refused_before_any_request(
    url: str, user: str | None, text: str
) -> None:
    with pytest.raises(ConfigError, match=text) as caught:
        SchemaRegistry(url, user=user)
    assert "secret" not in str(caught.value)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


def test_tls_with_the_registrys_ca_and_our_certificate(certificates: Certificates) -> None:
    with served(StubRegistry(tls=certificates.server_context())) as stub:
        tls = RegistryTls(certificates.ca, certificates.cert, certificates.key)
        registry = SchemaRegistry(stub.url, user="hub", password="x", tls=tls)
        assert registry.register("s", SCHEMAS.current["timers.due"].schema) == FIRST_ID


def test_a_certificate_of_somebody_else_is_refused(certificates: Certificates) -> None:
    with served(StubRegistry(tls=certificates.server_context())) as stub:
        with pytest.raises(ConfigError, match="not trusted"):
            SchemaRegistry(stub.url).schema(1)
        assert stub.calls == []


def test_a_tls_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TLS file"):
        SchemaRegistry("https://localhost", tls=RegistryTls(ca_file=tmp_path / "no.pem"))


def test_an_encrypted_key_stops_the_start_and_asks_nobody(
    certificates: Certificates, tmp_path: Path
) -> None:
    locked = certificates.locked_key(tmp_path)
    with pytest.raises(ConfigError, match="TLS file"):
        SchemaRegistry("https://localhost", tls=RegistryTls(None, certificates.cert, locked))
