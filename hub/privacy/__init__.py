"""Sealing, pseudonyms and keys: what keeps personal data out of everything that is stored.

A composition takes `local_master_key(directory)` and gives it to `FileVault` and `HmacPseudonyms`.
"""

from hub.privacy.master_key import MasterKey, create_master_key, read_master_key
from hub.privacy.pseudonyms import HmacPseudonyms, normalised
from hub.privacy.sealing import AesGcmSealer
from hub.privacy.vault import (
    MASTER_KEY_FILE,
    VAULT_FILE,
    FileVault,
    local_master_key,
    quarantine_subject,
)

__all__ = [
    "MASTER_KEY_FILE",
    "VAULT_FILE",
    "AesGcmSealer",
    "FileVault",
    "HmacPseudonyms",
    "MasterKey",
    "create_master_key",
    "local_master_key",
    "normalised",
    "quarantine_subject",
    "read_master_key",
]
