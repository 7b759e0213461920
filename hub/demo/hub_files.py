"""The hub's own files as the demo opens them: store and log to read, keys for pseudonyms."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from hub.demo.cast import NAMESPACE, Kid, Parent
from hub.demo.newer import NewerIngress
from hub.demo.workplace import PARTITIONS, TENANT, Workplace
from hub.domain.ids import ChildKey, Namespace, PersonKey, TenantId
from hub.log.embedded import EmbeddedLog
from hub.ports import Topic
from hub.privacy import VAULT_FILE, AesGcmSealer, FileVault, HmacPseudonyms, local_master_key
from hub.store import open_store

TENANT_ID: Final = TenantId(TENANT)
REGISTER: Final = Namespace(NAMESPACE)


class HubFiles:
    """Store, log and keys of the running hub. Nothing is written but the newer ingress's record."""

    def __init__(self, place: Workplace) -> None:
        self._closing = ExitStack()
        try:
            master = local_master_key(place.data_dir)
            self.vault = FileVault(place.data_dir / VAULT_FILE, master)
            self._closing.callback(self.vault.close)
            self.log = EmbeddedLog(place.data_dir, partitions=PARTITIONS)
            self._closing.callback(self.log.close)
            self.store = open_store(f"sqlite:///{place.data_dir / 'store.db'}")
            self._closing.callback(self.store.close)
        except BaseException:
            self._closing.close()
            raise
        self.sealer = AesGcmSealer()
        self.views = self.store.views
        self._pseudonyms = HmacPseudonyms(master)

    def person(self, parent: Parent) -> PersonKey:
        """Return the pseudonym under which the hub knows a parent."""
        return self._pseudonyms.person(TENANT_ID, REGISTER, parent.number)

    def child(self, kid: Kid) -> ChildKey:
        """Return the pseudonym under which the hub knows a child."""
        return self._pseudonyms.child(TENANT_ID, REGISTER, str(kid.contact))

    def newer_ingress(self) -> NewerIngress:
        """Return an ingress of a newer version that shares the hub's keys."""
        return NewerIngress(
            tenant=TENANT_ID,
            namespace=REGISTER,
            vault=self.vault,
            sealer=self.sealer,
            pseudonyms=self._pseudonyms,
        )

    def ends(self) -> dict[int, int]:
        """Return the end of each partition of the log."""
        return {partition: end for partition, (_, end) in self.log.bounds(Topic.CASES).items()}

    def positions(self) -> dict[int, int]:
        """Return up to where each partition was decided."""
        return {each.partition: each.offset for each in self.store.positions.all()}

    def close(self) -> None:
        """Close all files; closing twice is harmless."""
        self._closing.close()
