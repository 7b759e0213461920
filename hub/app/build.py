"""The composition root: from a configuration to the parts that the roles and commands use."""

from __future__ import annotations

import os
import secrets
import socket
import stat
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hub.app.sources import lookup_namespaces
from hub.clock import OffsetClock, SystemClock
from hub.config import HubConfig, plugins
from hub.domain.ids import TenantId
from hub.errors import ConfigError
from hub.ports import Clock, Connector

if TYPE_CHECKING:
    from hub.codec import AvroEventCodec
    from hub.ingress import Appender
    from hub.log import EmbeddedLog
    from hub.privacy import AesGcmSealer, FileVault, HmacPseudonyms, MasterKey
    from hub.store import Store

STORE_FILE = "store.db"
PRIVATE = 0o700


class Hub:
    """The parts of one hub, each made when it is first asked for and closed with `close`.

    Making a part raises `ConfigError`, `Retriable` or `Halted`, each with its remedy.
    """

    def __init__(self, config: HubConfig) -> None:
        self.config = config
        self.tenant = TenantId(config.tenant)
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._closing = ExitStack()

    @cached_property
    def data_dir(self) -> Path:
        """The data directory, made with mode 0700. Raises `ConfigError` if others can read it."""
        path = self.config.data_dir.absolute()
        try:
            path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            message = f"data_dir: {path} can't be made ({error.strerror}). Name another folder"
            raise ConfigError((message,)) from None
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            message = f"data_dir: others may read {path} (mode {mode:04o}). Run: chmod 700 {path}"
            raise ConfigError((message,))
        return path

    @cached_property
    def store_url(self) -> str:
        """The URL of the store; it may hold a password."""
        if self.config.store.url is not None:
            return self.config.store.url.get_secret_value()
        return f"sqlite:///{self.data_dir / STORE_FILE}"

    @cached_property
    def clock(self) -> Clock:
        """Business time."""
        file = self.config.clock.offset_file
        return SystemClock() if file is None else OffsetClock(file)

    @cached_property
    def master(self) -> MasterKey:
        """The root secret, made at the first start."""
        from hub.privacy import local_master_key  # noqa: PLC0415 - commands load what they use

        return local_master_key(self.data_dir)

    @cached_property
    def vault(self) -> FileVault:
        """The data keys."""
        from hub.privacy import VAULT_FILE, FileVault  # noqa: PLC0415 - as above

        vault = FileVault(self.data_dir / VAULT_FILE, self.master)
        self._closing.callback(vault.close)
        return vault

    @cached_property
    def sealer(self) -> AesGcmSealer:
        """Sealing under data keys."""
        from hub.privacy import AesGcmSealer  # noqa: PLC0415 - as above

        return AesGcmSealer()

    @cached_property
    def pseudonyms(self) -> HmacPseudonyms:
        """Keyed hashes of numbers."""
        from hub.privacy import HmacPseudonyms  # noqa: PLC0415 - as above

        return HmacPseudonyms(self.master)

    @cached_property
    def codec(self) -> AvroEventCodec:
        """Events as bytes."""
        from hub.codec import AvroEventCodec, SchemaSet  # noqa: PLC0415 - as above

        return AvroEventCodec(SchemaSet.load())

    @cached_property
    def log(self) -> EmbeddedLog:
        """The event log."""
        from hub.log import EmbeddedLog  # noqa: PLC0415 - as above

        pipeline = self.config.pipeline
        log = EmbeddedLog(
            self.data_dir,
            partitions=self.config.log.partitions,
            batch_records=pipeline.batch_size,
            batch_wait_s=pipeline.linger_ms / 1000,
        )
        self._closing.callback(log.close)
        return log

    @cached_property
    def store(self) -> Store:
        """The case store, with the tables of this version."""
        from hub.store import open_store  # noqa: PLC0415 - as above

        store = open_store(self.store_url, lookup_namespaces=lookup_namespaces(self.config))
        self._closing.callback(store.close)
        return store

    @cached_property
    def appender(self) -> Appender:
        """The one writer of the cases topic."""
        from hub.ingress import Appender  # noqa: PLC0415 - as above

        return Appender(
            clock=self.clock,
            vault=self.vault,
            sealer=self.sealer,
            codec=self.codec,
            log=self.log,
        )

    def connectors(self) -> dict[str, Connector]:
        """Return a new connector for each way out. The caller closes them."""
        found: dict[str, Connector] = {}
        for name, entry in self.config.connectors.items():
            kind = plugins.connector_type(entry.type)
            if kind is None:
                raise ConfigError((f"connectors.{name}.type: '{entry.type}' is not installed",))
            found[name] = kind.build(entry.settings)
        return found

    def close(self) -> None:
        """Release everything; closing twice is harmless."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
