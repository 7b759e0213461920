"""The master key: 32 secret bytes in a file of their own, from which every other secret is derived.

A key service can take the file's place later: whoever holds the 32 bytes makes a `MasterKey`.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import ConfigError
from hub.local_sqlite import sync_directory

SIZE: Final = 32
"""Bytes in a master key and in every key derived from it."""


class MasterKey:
    """The root secret. `key_id` tells two master keys apart and reveals nothing of them."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SIZE:
            raise ConfigError((f"master key: it must have {SIZE} bytes, it has {len(secret)}.",))
        self._secret = secret
        self.key_id = self.derive("key-id/1").hex()[:32]

    def __repr__(self) -> str:
        """Show the id only: a key never reaches a log."""
        return f"MasterKey({self.key_id})"

    def derive(self, purpose: str, context: bytes = b"") -> bytes:
        """Return 32 bytes that are this key's for `purpose` and `context` only (HKDF, RFC 5869)."""
        name = f"hub/{purpose}".encode()
        info = len(name).to_bytes(8, "big") + name + context
        return HKDF(algorithm=SHA256(), length=SIZE, salt=None, info=info).derive(self._secret)


def read_master_key(path: Path) -> MasterKey:
    """Return the key in `path`.

    Raises `ConfigError`, naming the remedy, when the file is missing, is not a regular file,
    belongs to somebody else, gives rights to others than its owner, or has not exactly 32 bytes.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _wrong(path, "it is missing", "restore it from its backup") from None
    except OSError as error:
        raise _wrong(
            path, f"it can't be read ({error.strerror})", "give it to the hub's user"
        ) from None
    try:
        _refuse_weak(path, os.fstat(handle))
        secret = os.read(handle, SIZE + 1)
    finally:
        os.close(handle)
    if len(secret) != SIZE:
        raise _wrong(path, f"it does not hold {SIZE} bytes", "restore it from its backup")
    return MasterKey(secret)


def create_master_key(path: Path) -> None:
    """Make a random key at `path` with mode 0600, durable; an existing file is left as it is.

    The file appears whole or not at all, also when several processes start at once.
    """
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(SIZE))
            file.flush()
            os.fsync(file.fileno())
        # A link fails if the name is taken: unlike a rename it never replaces a key.
        os.link(scratch, path)
    except FileExistsError:
        return
    finally:
        scratch.unlink()
    sync_directory(path.parent)


def _refuse_weak(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _wrong(path, "it is not a regular file", "put the key file there")
    if status.st_uid != os.geteuid():
        raise _wrong(path, "it belongs to another user", "make the hub's user its owner (chown)")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        raise _wrong(
            path, f"others than its owner have rights on it (mode {mode:04o})", "chmod 600 it"
        )


def _wrong(path: Path, what: str, remedy: str) -> ConfigError:
    return ConfigError((f"{path.name}: {what}. Remedy: {remedy}.",))
