"""The configuration is read from file and environment; every fault is shown at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from hub.config import HubConfig, check, load, plugins
from hub.errors import ConfigError
from hub.ports import Connector, ConnectorType

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


class PostSettings(BaseModel):
    """Settings of an invented connector."""

    model_config = ConfigDict(extra="forbid")

    timeout_s: float = 5.0
    keys: tuple[SecretStr, ...] = ()
    endpoints: dict[str, str] | None = None


def no_connector(settings: object) -> Connector:
    """Stand where a connector would be built: reading a configuration builds nothing."""
    raise AssertionError(settings)


class BrokenEntryPoint:
    """An installed package that can't be imported."""

    def load(self) -> object:
        """Fail as an import does."""
        message = "libpost.so is missing"
        raise ImportError(message)


class EntryPoint:
    """An installed connector type."""

    def load(self) -> object:
        """Return what the entry point names."""
        return ConnectorType(name="post", config=PostSettings, build=no_connector)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    types = {
        plugins.CONNECTORS: {"post": EntryPoint(), "broken": BrokenEntryPoint()},
        plugins.SOURCES: {},
    }
    monkeypatch.setattr(plugins, "_installed", lambda group: types[group])


def written(folder: Path, text: str) -> Path:
    """Write a configuration file."""
    file = folder / "hub.toml"
    file.write_text(text, encoding="utf-8")
    return file


def faults(folder: Path, text: str, environ: dict[str, str] | None = None) -> dict[str, str]:
    """Return path -> whole message of every fault."""
    checked = check(written(folder, text), environ or {})
    return {problem.path: str(problem) for problem in checked.problems}


def test_without_anything_the_defaults_hold() -> None:
    config = load(environ={})

    assert config == HubConfig()
    assert (config.tenant, config.ingress.port, config.management.port) == ("default", 8080, 8081)


def test_all_faults_are_found_in_one_go(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        tennant = "x"
        data_dir = 5
        [ingress]
        port = 99999
        hosst = "0.0.0.0"
        [delivery]
        intent_lifetime_s = "long"
        [sources.prison]
        type = "hmppps"
        [connectors.office]
        type = "post"
        [connectors.office.settings]
        timeot_s = 3
        [recipients.Amt]
        credential_file = "no-such-file"
        """,
        {"HUB_PIPELINE__BATCH_SIZE": "many", "HUB_LOGGING__LEVLE": "info", "HUB_SOURCES": "[1"},
    )

    assert set(found) == {
        "tennant",
        "data_dir",
        "ingress.port",
        "ingress.hosst",
        "delivery.intent_lifetime_s",
        "sources.prison.type",
        "sources.prison.namespace",
        "connectors.office.settings.timeot_s",
        "recipients.Amt",
        "recipients.Amt.credential_file",
        "recipients.Amt.credential",
        "pipeline.batch_size",
        "logging.levle",
        "HUB_SOURCES",
    }
    assert "Did you mean 'tenant'?" in found["tennant"]
    assert "Did you mean 'host'?" in found["ingress.hosst"]
    assert "Did you mean 'timeout_s'?" in found["connectors.office.settings.timeot_s"]
    assert "Did you mean 'level'?" in found["logging.levle"]
    assert "Example: 8080" in found["ingress.port"]


def test_files_of_rules_are_read_beside_other_faults(tmp_path: Path) -> None:
    found = faults(
        tmp_path, 'a = 1\ndata_dir = 5\npolicy_file = "p.toml"\ndirectory_file = "d.toml"'
    )

    assert set(found) == {"a", "data_dir", "policy_file", "directory_file"}


def test_a_directory_and_a_disk_that_do_not_fit_are_told_and_stop_no_start(
    tmp_path: Path,
) -> None:
    shutil.copy(EXAMPLES / "directory.example.toml", tmp_path / "directory.toml")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    (tmp_path / "token").write_text("made-up-credential", encoding="utf-8")
    text = """
        data_dir = "file/data"
        directory_file = "directory.toml"
        [recipients.jugendamt-mustrstadt]
        credential_file = "token"
        [connectors.webhook]
        type = "post"
        [connectors.webhook.settings.endpoints]
        beispielkreis = "a"
        bruecke = "b"
        kleinmusterdorf = "c"
        """

    checked = check(written(tmp_path, text), {})

    assert checked.config is not None
    found = {problem.path: str(problem) for problem in checked.misfits}
    assert set(found) == {
        "data_dir",
        "recipients.jugendamt-mustrstadt",
        "directory_file: recipients.jugendamt-musterstadt.endpoint",
    }
    assert "Did you mean 'jugendamt-musterstadt'?" in found["recipients.jugendamt-mustrstadt"]


def test_load_raises_with_every_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(written(tmp_path, "a = 1\nb = 2"), {})

    assert len(raised.value.problems) == 2


def test_the_environment_wins_and_spells_hyphens_as_underscores(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        [ingress]
        port = 1
        [sources.consent-desk]
        type = "canonical"
        namespace = "NOMS"
        """,
    )

    config = load(
        file,
        {
            "HUB_INGRESS__PORT": "2",
            "HUB_SOURCES__CONSENT_DESK__CREDENTIAL": "an-invented-credential",
            "HUB_SOURCES__CONSENT_DESK__CANONICAL": '["consent", "safety"]',
        },
    )

    assert config.ingress.port == 2
    desk = config.sources["consent-desk"]
    assert desk.credential is not None
    assert desk.credential.get_secret_value() == "an-invented-credential"
    assert desk.canonical == ("consent", "safety")


@pytest.mark.parametrize(
    "name",
    ["HUB_SERVICE_HOST", "HUB_PORT_8080_TCP_ADDR", "HUB_PORT", "HUB_INGRESS_SERVICE_PORT_HTTP"],
)
def test_what_kubernetes_sets_beside_a_service_named_hub_is_no_mistake(name: str) -> None:
    assert check(environ={name: "tcp://10.0.0.1:8080"}).problems == ()


def test_an_option_and_its_section_in_two_variables_contradict() -> None:
    checked = check(environ={"HUB_LOG": "x", "HUB_LOG__PARTITIONS": "4"})

    assert [problem.path for problem in checked.problems if "same time" in problem.what] == [
        "HUB_LOG__PARTITIONS"
    ]


@pytest.mark.promise("P6")
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        [recipients.amt]
        credential = "invented-secret-token"
        [connectors.office]
        type = "post"
        settings = { keys = ["invented-secret-key-1"] }
        """,
    )

    assert set(found) == {"recipients.amt.credential", "connectors.office.settings.keys"}
    assert "credential_file" in found["recipients.amt.credential"]
    assert "HUB_CONNECTORS__OFFICE__SETTINGS__KEYS" in found["connectors.office.settings.keys"]
    assert "invented-secret" not in str(found)


@pytest.mark.promise("P6")
def test_secrets_come_from_files_beside_the_configuration_and_are_never_shown(
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text("invented-secret-token\n", encoding="utf-8")
    (tmp_path / "keys").write_text("key-one-invented\n\nkey-two-invented\n", encoding="utf-8")

    config = load(
        written(
            tmp_path,
            """
            data_dir = "data"
            clock.offset_file = "offset"
            [recipients.amt]
            credential_file = "token"
            [connectors.office]
            type = "post"
            settings = { keys_file = "keys" }
            """,
        ),
        {},
    )

    settings = config.connectors["office"].settings
    assert isinstance(settings, PostSettings)
    assert [key.get_secret_value() for key in settings.keys] == [
        "key-one-invented",
        "key-two-invented",
    ]
    assert config.recipients["amt"].credential.get_secret_value() == "invented-secret-token"
    assert config.data_dir == tmp_path / "data"
    assert config.clock.offset_file == tmp_path / "offset"
    assert "invented" not in config.model_dump_json() + repr(config)


def test_a_wrong_value_of_a_secret_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("tooshort-abc", encoding="utf-8")

    found = faults(tmp_path, '[recipients.amt]\ncredential_file = "token"')

    assert "tooshort" not in str(found)
    assert set(found) == {"recipients.amt.credential"}


def test_a_type_that_does_not_load_is_a_fault_like_others(tmp_path: Path) -> None:
    found = faults(tmp_path, '[connectors.office]\ntype = "broken"\n[ingress]\nport = "x"')

    assert "libpost.so is missing" in found["connectors.office.type"]
    assert "ingress.port" in found


@pytest.mark.parametrize("text", ["= 1", "a = ", "[x", "[[ingress]]\nport = 1", "ingress = 3"])
def test_a_file_that_is_no_configuration_is_reported(tmp_path: Path, text: str) -> None:
    assert len(faults(tmp_path, text)) == 1


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    checked = check(tmp_path / "none.toml", {})

    assert checked.config is None
    assert "HUB_CONFIG" in checked.problems[0].remedy


def test_the_file_named_by_the_environment_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, 'tenant = "land-a"')

    assert load(environ={"HUB_CONFIG": str(file)}).tenant == "land-a"


def test_hub_toml_in_the_working_folder_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 'tenant = "land-b"')
    monkeypatch.chdir(tmp_path)

    assert load(environ={}).tenant == "land-b"
