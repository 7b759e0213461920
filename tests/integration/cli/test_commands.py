"""The operator's commands over a real data directory, from first start to explanation."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.app.build import Hub
from hub.cli import exits
from hub.config import load
from hub.ports import NewRecord, Topic
from tests.integration.api.rig import message, refusal_of_consent
from tests.integration.cli.conftest import Cli, decide_all, first_start

NUMBER = "A1234BC"
PERSON = f"NOMS:{NUMBER}"


def recent() -> str:
    """Return an instant that no rule finds too old."""
    return datetime.now(UTC).isoformat()


def admit(cli: Cli, folder: Path, number: str = NUMBER) -> None:
    """Hand in an admission and one child."""
    text = json.dumps(message(number, occurredAt=recent()))
    (folder / "events.ndjson").write_text(text, encoding="utf-8")
    (folder / "children.csv").write_text(
        "person_namespace,person_number,child_contact_id,stated_at,birth_date,area\n"
        f"NOMS,{number},71,{recent()},2019-01-01,99001\n",
        encoding="utf-8",
    )
    assert cli("publish", "events.ndjson", "--source", "prison").code == exits.OK
    published = cli("publish", "children.csv", "--source", "desk", "--kind", "children")
    assert published.code == exits.OK, published.err


def poison(folder: Path, count: int = 1) -> None:
    """Put records into the log that nobody can read."""
    with Hub(load(folder / "hub.toml", {})) as hub:
        records = [NewRecord(0, f"{n:064x}", b"\x00no record") for n in range(count)]
        hub.log.append(Topic.CASES, records)


@pytest.mark.promise("P11")
def test_publish_tells_every_bad_line_and_takes_the_others(cli: Cli, folder: Path) -> None:
    lines = [
        json.dumps(message("A0001AA", occurredAt=recent())),
        '{"bad',
        "",
        json.dumps({"Type": "SubscriptionConfirmation", "MessageId": "1"}),
        json.dumps(message("A0002AA", occurredAt="2999-01-01T00:00:00Z")),
        json.dumps(message("A0003AA", occurredAt=recent())),
    ]
    (folder / "e.ndjson").write_text("\n".join(lines), encoding="utf-8")

    said = cli("publish", "e.ndjson", "--source", "prison", "--json")

    assert said.code == exits.PARTLY
    assert said.json["taken"] == 2
    assert [(fault["line"], fault["reason"]) for fault in said.json["refused"]] == [
        (2, "invalid-json"),
        (4, "subscription-confirmation-refused"),
        (5, "future-event"),
    ]
    assert said.json["refused"][2]["field"] == "occurred_at"
    told = cli("publish", "e.ndjson", "--source", "prison").err
    assert "1 x future-event at occurred_at" in told
    assert "(line 5)" in told
    assert "A000" not in told


@pytest.mark.promise("P11")
def test_publish_tells_a_mistake_made_often_once_and_all_of_it_as_json(
    cli: Cli, folder: Path
) -> None:
    (folder / "e.ndjson").write_text('{"bad\n' * 12, encoding="utf-8")

    told = cli("publish", "e.ndjson", "--source", "prison").err.splitlines()
    whole = cli("publish", "e.ndjson", "--source", "prison", "--json").json["refused"]

    assert len(told) == 1
    assert told[0].startswith("12 x invalid-json: ")
    assert told[0].endswith("(lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...)")
    assert [fault["line"] for fault in whole] == list(range(1, 13))


@pytest.mark.promise("P11")
def test_publish_names_the_line_of_a_bad_date_and_takes_the_neighbours(
    cli: Cli, folder: Path
) -> None:
    good, bad = refusal_of_consent("A0001AA", id="1"), refusal_of_consent("A0002AA", id="2")
    bad["time"] = "9999-12-31T00:00:00Z"
    (folder / "array.json").write_text(json.dumps([bad, good]), encoding="utf-8")
    (folder / "safety.csv").write_text(
        "person_namespace,person_number,child_contact_id,answer,answered_at,role\n"
        "NOMS,A0001AA,71,clear,2299-01-01T00:00:00Z,social-service\n"
        f"NOMS,A0002AA,71,clear,{recent()},social-service\n",
        encoding="utf-8",
    )

    events = cli("publish", "array.json", "--source", "desk", "--json")
    rows = cli("publish", "safety.csv", "--source", "desk", "--kind", "safety", "--json")

    assert (events.code, events.json["taken"]) == (exits.PARTLY, 1)
    [fault] = events.json["refused"]
    assert (fault["line"], fault["reason"], fault["field"]) == (1, "bad-timestamp", "time")
    assert (rows.code, rows.json["taken"]) == (exits.PARTLY, 1)
    [fault] = rows.json["refused"]
    assert (fault["line"], fault["reason"]) == (2, "future-statement")


def test_publish_reads_an_array_one_object_and_cloud_events(cli: Cli, folder: Path) -> None:
    events = [refusal_of_consent("A0001AA", id="1"), refusal_of_consent("A0002AA", id="2")]
    (folder / "array.json").write_text(json.dumps(events, indent=2), encoding="utf-8")
    (folder / "one.json").write_text(json.dumps(events[0], indent=2), encoding="utf-8")
    (folder / "empty.json").write_text("", encoding="utf-8")

    assert cli("publish", "array.json", "--source", "desk", "--json").json["taken"] == 2
    assert cli("publish", "one.json", "--source", "desk", "--json").json["taken"] == 1
    assert cli("publish", "empty.json", "--source", "desk").code == exits.PARTLY


def test_publish_asks_for_the_source_when_there_are_several(cli: Cli, folder: Path) -> None:
    (folder / "e.ndjson").write_text("{}", encoding="utf-8")

    said = cli("publish", "e.ndjson")

    assert said.code == exits.USAGE
    assert "desk, prison" in said.err


def test_explain_says_what_withholds_a_referral_and_what_would_change_it(
    cli: Cli, folder: Path
) -> None:
    first_start(folder)
    admit(cli, folder)
    decide_all(folder)

    account = cli("explain", "--number", PERSON, "--json").json
    table = cli("explain", account["persons"][0]).out

    assert account["kind"] == "person"
    [withheld] = account["withheld"]
    reasons = {row["reason"] for row in account["reasons"]}
    assert {"no-consent", "safety-check-missing", "settle-window-open"} <= reasons
    assert reasons == set(withheld["reasons"])
    assert "hub safety record" in table
    assert NUMBER not in table
    assert cli("explain", withheld["child"], "--json").json["kind"] == "child"
    event_id = account["events"][0]["event_id"]
    assert cli("explain", event_id, "--json").json["events"][0]["outcome"] == "applied"


@pytest.mark.parametrize(
    "words", [("explain", "ab" * 32), ("explain", "nonsense"), ("explain",), ("cases", "show", "x")]
)
def test_what_the_hub_does_not_know_is_a_usage_error(cli: Cli, words: tuple[str, ...]) -> None:
    cli("db", "upgrade")

    assert cli(*words).code == exits.USAGE


def test_consent_safety_and_freeze_are_entered_and_decided(cli: Cli, folder: Path) -> None:
    first_start(folder)
    admit(cli, folder)
    now = recent()
    record = {
        "record_id": "desk-1",
        "given_at": now,
        "purposes": ["family-support"],
        "categories": ["imprisonment", "child-identity", "place-of-stay"],
        "grantors": [{"capacity": "own-data", "given_at": now}],
        "all_children": True,
        "recipient_class": "youth-office",
    }
    (folder / "consent.json").write_text(json.dumps(record), encoding="utf-8")
    entered = [
        cli("consent", "record", PERSON, "consent.json", "--json"),
        cli(
            *("safety", "record", PERSON, "--child", "71", "--answer", "clear"),
            *("--role", "social-service", "--json"),
        ),
        cli("freeze", "set", PERSON, "--by", "duty-officer", "--json"),
        cli("freeze", "lift", PERSON, "--taken-by", "desk", "--channel", "oral", "--json"),
        cli(
            *("consent", "withdraw", PERSON, "--taken-by", "desk", "--channel", "paper"),
            *("--record-id", "desk-1", "--declared-at", now, "--json"),
        ),
        cli("consent", "refuse", PERSON, "--taken-by", "desk", "--json"),
    ]
    decide_all(folder)

    assert [said.code for said in entered] == [exits.OK] * 6, [said.err for said in entered]
    for said in entered:
        [outcome] = cli("explain", said.json["event_id"], "--json").json["events"]
        assert outcome["outcome"] == "applied", outcome
    reasons = cli("withheld", "list", "--json").json[0]["reasons"]
    assert "consent-withdrawn" in reasons
    assert "frozen" not in reasons
    reference = entered[0].json["reference"]
    assert (reference[:2], len(reference)) == ("c-", 34)
    assert f"Reference: {reference}" in cli("consent", "record", PERSON, "consent.json").out


@pytest.mark.promise("P11")
def test_a_wrong_entry_is_refused_with_field_and_remedy(cli: Cli, folder: Path) -> None:
    (folder / "consent.json").write_text('{"record_id": "1"}', encoding="utf-8")

    said = cli("consent", "record", PERSON, "consent.json")

    assert said.code == exits.ERROR
    assert said.err.startswith("refused: missing-field at record.")
    assert "Traceback" not in said.err


def test_a_number_may_be_asked_for_and_a_record_read_from_a_pipe(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: NUMBER)
    asked = cli("freeze", "set", "NOMS:-", "--by", "duty-officer", "--json")
    typed = cli("freeze", "set", PERSON, "--by", "duty-officer", "--json")
    piped = io.TextIOWrapper(io.BytesIO(b'{"record_id": "1"}'))
    monkeypatch.setattr("sys.stdin", piped)
    record = cli("consent", "record", PERSON, "-")

    assert asked.json["person"] == typed.json["person"]
    assert record.err.startswith("refused: missing-field at record.")


@pytest.mark.parametrize("number", ["A1234BC", "NOMS:", ":A1234BC"])
def test_a_number_needs_its_register(cli: Cli, number: str) -> None:
    assert cli("freeze", "set", number, "--by", "duty-officer").code == exits.USAGE


def test_a_time_needs_its_zone(cli: Cli) -> None:
    said = cli(
        *("consent", "refuse", PERSON, "--taken-by", "desk", "--until", "2026-03-02T08:55:00")
    )

    assert said.code == exits.USAGE
    assert "zone" in said.err


@pytest.mark.promise("P11")
def test_a_dead_letter_is_listed_shown_replayed_and_discarded(cli: Cli, folder: Path) -> None:
    first_start(folder)
    poison(folder, 2)
    decide_all(folder)
    letters = cli("dead-letters", "list", "--json").json

    shown = cli("dead-letters", "show", letters[0]["letter_id"], "--json").json
    replayed = cli("dead-letters", "replay", letters[0]["letter_id"])
    without = cli("dead-letters", "discard", letters[1]["letter_id"])
    discarded = cli("dead-letters", "discard", letters[1]["letter_id"], "--reason", "a test")
    again = cli("dead-letters", "discard", letters[1]["letter_id"], "--reason", "a test")

    assert len(letters) == 2
    assert shown["reason"] == letters[0]["reason"]
    assert "sealed" not in shown
    assert (replayed.code, without.code, discarded.code) == (exits.OK, exits.USAGE, exits.OK)
    assert again.code == exits.ERROR
    assert [found["letter_id"] for found in cli("dead-letters", "list", "--json").json] == [
        letters[0]["letter_id"]
    ]
    decide_all(folder)
    (newer,) = cli("dead-letters", "list", "--json").json
    assert newer["offset"] > letters[0]["offset"], "it still can't be understood"
    assert cli("dead-letters", "replay", letters[0]["letter_id"]).code == exits.ERROR


@pytest.mark.promise("P9")
def test_a_halt_is_told_and_ends_with_resume(cli: Cli, folder: Path) -> None:
    first_start(folder)
    poison(folder, 30)
    decide_all(folder)

    doctor = cli("doctor", "--json")
    [halted] = [finding for finding in doctor.json if finding["halted"]]
    resumed = cli("resume", "--reason", "the sender was mended")

    assert doctor.code == exits.HALTED
    assert "hub resume" in halted["remedy"]
    assert (resumed.code, resumed.out.strip()) == (exits.OK, "The processor goes on.")
    assert cli("resume", "--reason", "again").out.strip() == "The processor was not halted."
    assert not any(finding["halted"] for finding in cli("doctor", "--json").json)


def test_the_emergency_brake_needs_a_clear_word_and_a_reason(cli: Cli) -> None:
    cli("db", "upgrade")

    assert cli("delivery", "stop", "--reason", "x").code == exits.USAGE
    assert cli("delivery", "stop", "--all").code == exits.USAGE
    assert cli("delivery", "stop", "--all", "--reason", "x").out.strip() == "Delivery is stopped."
    assert cli("delivery", "start", "--reason", "mended").out.strip() == "Delivery goes on."


def test_an_empty_store_beside_a_full_log_waits_for_an_operator(cli: Cli, folder: Path) -> None:
    admit(cli, folder)
    cli("db", "upgrade")

    doctor = cli("doctor", "--json")
    init = cli("positions", "init", "--reason", "store lost")

    assert doctor.code == exits.HALTED
    assert (init.code, len(cli("positions", "show", "--json").json)) == (exits.OK, 2)
    assert cli("positions", "init", "--reason", "again").code == exits.ERROR
    decide_all(folder)
    assert len(cli("cases", "list", "--json").json) == 1


def test_a_later_policy_is_active_later_and_cases_are_looked_at_again(
    cli: Cli, folder: Path
) -> None:
    first_start(folder)
    admit(cli, folder)
    decide_all(folder)
    text = (folder / "policy.toml").read_text(encoding="utf-8").replace("example-1", "example-2")
    (folder / "policy2.toml").write_text(text, encoding="utf-8")

    too_soon = cli("policy", "apply", "policy2.toml", "--active-from", recent())
    applied = cli("policy", "apply", "policy2.toml", "--json")
    again = cli("policy", "apply", "policy2.toml", "--json")
    preview = cli("cases", "reassess", "--reason", "policy-example-2")
    done = cli("cases", "reassess", "--reason", "policy-example-2", "--go")

    assert too_soon.code == exits.ERROR
    assert "60" in too_soon.err
    assert (applied.json["new"], again.json["new"]) == (True, False)
    assert [row["version"] for row in cli("policy", "list", "--json").json] == [
        "example-1",
        "example-2",
    ]
    assert "1 cases would" in preview.out
    assert done.out.startswith("1 cases are")
    decide_all(folder)
    assert cli("explain", "--number", PERSON, "--json").json["events"][-1]["type"] == (
        "cases.reassessed"
    )


def test_a_directory_with_a_way_out_that_is_not_configured_is_refused(
    cli: Cli, folder: Path
) -> None:
    cli("db", "upgrade")
    text = (folder / "directory.toml").read_text(encoding="utf-8")
    (folder / "other.toml").write_text(text.replace('"webhook"', '"webhok"'), encoding="utf-8")

    said = cli("directory", "apply", "other.toml")

    assert said.code == exits.ERROR
    assert "Did you mean 'webhook'?" in said.err
    assert cli("directory", "list", "--json").json == []


def test_config_check_shows_all_faults_and_show_masks_secrets(cli: Cli, folder: Path) -> None:
    good = cli("config", "show", "--json")
    text = (folder / "hub.toml").read_text(encoding="utf-8")
    (folder / "bad.toml").write_text("tennant = 1\n" + text.replace("99", "0"), encoding="utf-8")
    (folder / "policy.toml").write_text("version = 1", encoding="utf-8")
    bad = cli("--config", "bad.toml", "config", "check", "--json")
    run = cli("--config", "bad.toml", "cases", "list")

    assert good.json["connectors"]["webhook"]["settings"]["endpoints"]["musterstadt"][
        "secrets"
    ] == ["**********"]
    assert bad.code == exits.ERROR
    assert {problem["path"] for problem in bad.json["problems"]} >= {"tennant"}
    assert run.code == exits.ERROR
    assert "Did you mean 'tenant'?" in run.err


def test_config_check_counts_endpoints_that_nobody_configured(cli: Cli) -> None:
    told = cli("config", "check")

    assert told.code == exits.ERROR
    assert "directory_file: recipients.jugendamt-beispielkreis.endpoint" in told.out
    assert "3 faults (hub.toml)" in told.out
    assert cli("config", "show").code == exits.OK, "none of them stops the hub"


def test_config_check_counts_a_single_fault_in_the_singular(cli: Cli, folder: Path) -> None:
    (folder / "hub.toml").write_text("tennant = 1", encoding="utf-8")

    assert "1 fault (hub.toml)" in cli("config", "check").out


def test_the_doctor_names_what_is_missing_before_the_first_start(cli: Cli, folder: Path) -> None:
    before = cli("doctor", "--json")
    decide_all(folder)
    after = {finding["what"]: finding["well"] for finding in cli("doctor", "--json").json}

    assert before.code == exits.ERROR
    assert before.out.count("hub db upgrade") == 1, "one cause is told once"
    unseen = [finding["what"] for finding in before.json if finding["well"] is None]
    assert unseen == ["positions", "running", "delivery", "recalls", "rules"]
    assert after.pop("connector webhook") is False, "nobody listens at the example's address"
    assert all(after.values()), after


def test_the_doctor_finds_nothing_wrong_with_a_hub_that_never_ran(cli: Cli, folder: Path) -> None:
    text = (folder / "hub.toml").read_text(encoding="utf-8")
    (folder / "hub.toml").write_text(text.partition("[connectors.webhook]")[0], encoding="utf-8")
    text = (folder / "directory.toml").read_text(encoding="utf-8")
    (folder / "directory.toml").write_text(text.partition("[recipients.")[0] + "[recipients]\n")
    cli("db", "upgrade")

    doctor = cli("doctor", "--json")

    found = {finding["what"]: finding["found"] for finding in doctor.json}
    assert doctor.code == exits.OK, doctor.out
    assert found["positions"] == "never run yet: start `hub run`"
    assert found["rules"] == "policy and directory will be stored at the first start"


def test_a_data_directory_that_others_can_read_is_refused(cli: Cli, folder: Path) -> None:
    (folder / "data").mkdir(mode=0o755)
    (folder / "data").chmod(0o755)

    said = cli("db", "upgrade")

    assert said.code == exits.ERROR
    assert "chmod 700" in said.err


def test_the_schemas_of_this_version_are_compatible(cli: Cli) -> None:
    assert cli("schemas", "check").code == exits.OK
    assert all(not row["breaking"] for row in cli("schemas", "check", "--json").json)


def test_lists_are_empty_json_on_a_new_hub(cli: Cli) -> None:
    cli("db", "upgrade")

    for group in ("cases", "tasks", "withheld", "referrals", "dead-letters"):
        assert cli(group, "list", "--json").json == [], group
        assert cli(group, "list").code == exits.OK
