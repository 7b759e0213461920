"""The demo's folder: configuration, secrets, the prison's contacts data, and who listens where."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from hub.clock import OffsetClock, write_offset
from hub.demo.cast import CAST, NAMESPACE, Parent

HOST: Final = "127.0.0.1"
DATA: Final = Path(__file__).parent / "data"
ROLES: Final = ("ingest", "processor", "delivery")
RECIPIENTS: Final = {
    "jugendamt-musterstadt": "musterstadt",
    "jugendamt-beispielkreis": "beispielkreis",
    "bruecke-musterland": "bruecke",
}
"""Recipient of the directory -> name of its endpoint."""
TENANT: Final = "default"
PARTITIONS: Final = 8

# The example contacts API knows this one client; both are on loopback only.
_CONTACTS_CLIENT: Final = ("hub", "example-secret")
_SECRET_MODE: Final = 0o600


class Ports(NamedTuple):
    """Free ports on loopback; `management` in the order of `ROLES`."""

    ingress: int
    inbox: int
    contacts: int
    management: tuple[int, ...]


class Workplace:
    """One folder with all that the demo's processes share; `prepare` makes it."""

    def __init__(self, root: Path, ports: Ports) -> None:
        self.root = root
        self.ports = ports

    @property
    def config(self) -> Path:
        """The hub's configuration file."""
        return self.root / "hub.toml"

    @property
    def data_dir(self) -> Path:
        """The hub's data directory."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """Where the processes write their log lines."""
        return self.root / "logs"

    @property
    def journal(self) -> Path:
        """What the inbox received."""
        return self.root / "inbox.jsonl"

    @property
    def people(self) -> Path:
        """What the contacts API knows."""
        return self.root / "contacts.json"

    @property
    def signing_secrets(self) -> Path:
        """The secrets with which messages to the inbox are signed."""
        return self.root / "secrets" / "webhook"

    @property
    def offset(self) -> Path:
        """The file that moves every process's clock."""
        return self.root / "clock-offset"

    def token(self, holder: str) -> str:
        """Return the credential of a source or recipient."""
        return (self.root / "secrets" / holder).read_text(encoding="ascii")

    def now(self) -> datetime:
        """Return the time of the story (aware, UTC)."""
        return OffsetClock(self.offset).now()

    def move_clock(self, to: datetime) -> None:
        """Let it be `to` for every process from now on."""
        write_offset(self.offset, (to - datetime.now(UTC)).total_seconds())


def prepare(root: Path) -> Workplace:
    """Make the folder's files, readable by this user only, and return it."""
    place = Workplace(root, free_ports())
    for folder in (place.data_dir, place.logs, root / "secrets"):
        folder.mkdir(mode=0o700, parents=True)
    for holder in ("prison", "desk", *RECIPIENTS):
        _keep(root / "secrets" / holder, secrets.token_urlsafe(24))
    signing = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    _keep(place.signing_secrets, signing)
    _keep(root / "secrets" / "contacts", _CONTACTS_CLIENT[1])
    _keep(place.people, json.dumps({"prisoners": [_prisoner(parent) for parent in CAST]}))
    _keep(place.config, _config(place))
    return place


def free_ports() -> Ports:
    """Return ports that nobody listens at, all different."""
    with ExitStack() as held:
        found = [
            held.enter_context(socket.create_server((HOST, 0))).getsockname()[1]
            for _ in range(3 + len(ROLES))
        ]
    return Ports(found[0], found[1], found[2], tuple(found[3:]))


def _keep(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, _SECRET_MODE), "w") as file:
        file.write(text)


def _prisoner(parent: Parent) -> dict[str, Any]:
    contacts = [
        {
            "contact_id": kid.contact,
            "relationship": kid.code,
            "given_name": kid.given,
            "family_name": kid.family,
            "birth_date": kid.born.isoformat(),
        }
        for kid in parent.kids
    ]
    known: dict[str, Any] = {
        "number": parent.number,
        "booking": parent.booking,
        "prison": "MUS",
        "contacts": contacts,
    }
    return known | ({"number_of_children": parent.recorded_count} if parent.recorded_count else {})


def _config(place: Workplace) -> str:
    contacts = f"http://{HOST}:{place.ports.contacts}"
    endpoints = "\n".join(
        f"""
[connectors.webhook.settings.endpoints.{endpoint}]
url = "http://{HOST}:{place.ports.inbox}/referrals"
secrets_file = "secrets/webhook"
allow_private_addresses = true
"""
        for endpoint in RECIPIENTS.values()
    )
    recipients = "\n".join(
        f"""
[recipients.{recipient}]
credential_file = "secrets/{recipient}"
"""
        for recipient in RECIPIENTS
    )
    return f"""# The hub's configuration in the demo. docs/configuration.md explains every option.

tenant = "{TENANT}"
data_dir = "data"
policy_file = {json.dumps(str(DATA / "policy.toml"))}
directory_file = {json.dumps(str(DATA / "directory.toml"))}

[log]
partitions = {PARTITIONS}

[pipeline]
linger_ms = 5

[clock]
offset_file = "clock-offset"

[ingress]
host = "{HOST}"
port = {place.ports.ingress}

# Each process gets a port of its own by the variable HUB_MANAGEMENT__PORT.
[management]
host = "{HOST}"
port = 0

[sources.prison]
type = "hmpps"
namespace = "{NAMESPACE}"
credential_file = "secrets/prison"

[sources.prison.settings.lookup]
contacts_url = "{contacts}"
prisoner_search_url = "{contacts}"
token_url = "{contacts}/oauth/token"
client_id = "{_CONTACTS_CLIENT[0]}"
client_secret_file = "secrets/contacts"

[sources.desk]
type = "canonical"
namespace = "{NAMESPACE}"
credential_file = "secrets/desk"
canonical = ["children", "consent", "safety"]

[connectors.webhook]
type = "webhook"
{endpoints}{recipients}"""
