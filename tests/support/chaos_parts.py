"""The hub's parts on one data directory, as driver and workers of a chaos run open them."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from hub.clock import OffsetClock
from hub.codec import AvroEventCodec, SchemaSet
from hub.domain.values import EPOCH
from hub.ingress import Appender
from hub.log import EmbeddedLog
from hub.ports import Topic
from hub.privacy import VAULT_FILE, AesGcmSealer, FileVault, local_master_key
from hub.store import Store, open_store, upgrade_store
from tests.support.chaos_rules import REGISTER, TENANT, directory, policy

PARTITIONS: Final = 3
BATCH: Final = 6
"""Records per batch: few, so that a run has many batches to be killed in."""

STORE_FILE: Final = "store.db"
OFFSET_FILE: Final = "clock-offset"
JOURNAL_FILE: Final = "inbox.jsonl"
SECRETS_FILE: Final = "inbox-secrets"
URL_FILE: Final = "inbox-url"
PLAN_FILE: Final = "plan.json"
CONFIG_FILE: Final = "hub.toml"


_CONFIG: Final = f"""# What `hub run --role processor` reads in a chaos run.

data_dir = "."

[log]
partitions = {PARTITIONS}

[pipeline]
batch_size = {BATCH}

[clock]
offset_file = "{OFFSET_FILE}"

[management]
port = 0

# Never asked in this role: it says for which register children can be looked up.
[sources.prison]
type = "hmpps"
namespace = "{REGISTER}"

[sources.prison.settings.lookup]
contacts_url = "http://127.0.0.1:9"
token_url = "http://127.0.0.1:9"
client_id = "example"
client_secret_file = "{SECRETS_FILE}"
"""


class Parts(NamedTuple):
    """Everything a role is built from."""

    clock: OffsetClock
    vault: FileVault
    sealer: AesGcmSealer
    codec: AvroEventCodec
    log: EmbeddedLog
    store: Store

    def appender(self) -> Appender:
        """Return the one writer of the cases topic."""
        return Appender(
            clock=self.clock,
            vault=self.vault,
            sealer=self.sealer,
            codec=self.codec,
            log=self.log,
        )

    def close(self) -> None:
        """Release all files."""
        self.store.close()
        self.log.close()
        self.vault.close()


def open_parts(folder: Path) -> Parts:
    """Open a prepared data directory."""
    return Parts(
        clock=OffsetClock(folder / OFFSET_FILE),
        vault=FileVault(folder / VAULT_FILE, local_master_key(folder)),
        sealer=AesGcmSealer(),
        codec=AvroEventCodec(SchemaSet.load()),
        log=EmbeddedLog(folder, partitions=PARTITIONS, batch_records=BATCH),
        store=open_store(f"sqlite:///{folder / STORE_FILE}", lookup_namespaces=(REGISTER,)),
    )


def prepare(folder: Path) -> None:
    """Make a data directory: tables, keys, log, first positions, rules, the inbox's secret."""
    folder.mkdir(mode=0o700)
    upgrade_store(f"sqlite:///{folder / STORE_FILE}")
    (folder / SECRETS_FILE).write_text(
        "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(), encoding="ascii"
    )
    (folder / CONFIG_FILE).write_text(_CONFIG, encoding="ascii")
    parts = open_parts(folder)
    parts.store.positions.ensure(parts.log.identity(), parts.log.bounds(Topic.CASES))
    versions = parts.store.versions
    versions.put_policy(TENANT, policy(), active_from=EPOCH, now=EPOCH)
    versions.put_directory(TENANT, directory(), active_from=EPOCH, now=EPOCH)
    parts.close()
