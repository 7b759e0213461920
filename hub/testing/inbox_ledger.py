"""What an inbox holds and how it judges a message; written to a journal before it answers.

It knows nothing of the hub's code: signatures, order and repetition are checked from the public
description of the webhook alone, so that it can serve as an independent verifier.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

TOLERANCE_S = 300.0
"""How far a message's timestamp may be from the inbox's clock (Standard Webhooks)."""


class Refused(Exception):
    """The message is not taken; `code` says why, `status` is the HTTP status."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Held(msgspec.Struct, kw_only=True):
    """One referral as the inbox holds it, in its present generation.

    `operations` lists what was applied, in order, as `operation/generation/content version`.
    `tombstone`: its recall came first, so nothing of this generation is ever opened.
    """

    referral_id: str
    generation: int
    operations: list[str]
    referred: bool = False
    open: bool = False
    tombstone: bool = False
    purpose: str | None = None
    content: dict[str, Any] | None = None
    pages: dict[str, str] = {}
    notices: list[dict[str, Any]] = []
    recall: dict[str, Any] | None = None


class Message(msgspec.Struct, kw_only=True):
    """The `data` of a message."""

    referral_id: str
    generation: int
    operation: str
    content_version: int
    purpose: str
    content: dict[str, Any] | None = None
    pages: dict[str, str] = {}
    retraction: dict[str, Any] | None = None


class Envelope(msgspec.Struct, kw_only=True):
    """The CloudEvent around it."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    data: Message


class Ledger:
    """Referrals, how often each message came, and every breach of the hub's promises seen.

    `breaches` must stay empty: a referral made twice, an update or notice before it, content after
    the recall of the same generation, one id with two different bodies.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self.referrals: dict[str, Held] = {}
        self.receipts: dict[str, int] = {}
        self.breaches: list[str] = []
        self._bodies: dict[str, str] = {}
        self._journal: BinaryIO | None = None
        if journal is not None:
            self._journal = self._reopen(journal)

    def take(self, message_id: str, body: bytes) -> bool:
        """Journal and apply one verified message; false if its id was taken before.

        Raises `Refused` if the body is not a message.
        """
        envelope = decode(body)
        if envelope.id != message_id:
            raise Refused("id-differs-from-header", 400)
        if self._journal is not None:
            line = {"id": message_id, "body": json.loads(body), "digest": _digest(body)}
            self._journal.write(json.dumps(line).encode() + b"\n")
            self._journal.flush()
            os.fsync(self._journal.fileno())
        return self._apply(message_id, envelope.data, _digest(body))

    def listing(self) -> list[dict[str, Any]]:
        """Return what is held, for `GET /referrals`."""
        listed: list[dict[str, Any]] = msgspec.to_builtins(list(self.referrals.values()))
        return listed

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def _reopen(self, journal: Path) -> BinaryIO:
        """Take up what a former run journalled; a torn last line was never answered and goes."""
        kept = b""
        if journal.exists():
            data = journal.read_bytes()
            kept = data[: data.rfind(b"\n") + 1]
        for line in kept.splitlines():
            entry = json.loads(line)
            message = msgspec.convert(entry["body"], Envelope).data
            self._apply(entry["id"], message, entry["digest"])
        handle = os.open(journal, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(handle, len(kept))
        file = os.fdopen(handle, "wb")
        file.seek(len(kept))
        return file

    def _apply(self, message_id: str, message: Message, digest: str) -> bool:
        self.receipts[message_id] = self.receipts.get(message_id, 0) + 1
        if self._bodies.setdefault(message_id, digest) != digest:
            self.breaches.append(f"{message_id}: same id, other body")
        if self.receipts[message_id] > 1:
            return False
        held = self.referrals.get(message.referral_id)
        if held is None or held.generation < message.generation:
            before = held.operations if held is not None else []
            held = Held(
                referral_id=message.referral_id, generation=message.generation, operations=before
            )
            self.referrals[message.referral_id] = held
        if held.generation > message.generation:
            breach = None if message.operation == "retract" else "content of a former generation"
        else:
            breach = _step(held, message)
        if breach is not None:
            self.breaches.append(f"{message_id}: {breach}")
        held.operations.append(
            f"{message.operation}/{message.generation}/{message.content_version}"
        )
        return True


def _step(held: Held, message: Message) -> str | None:
    """Apply a message to its generation; return the promise it breaks, if it does."""
    if message.operation == "retract":
        held.tombstone = not held.referred
        held.open = False
        held.recall = message.retraction
        held.content, held.pages, held.notices = None, {}, []
        return None
    if held.recall is not None:
        return "content after the recall of its generation"
    if message.operation == "refer":
        if held.referred:
            return "referred twice"
        held.referred = held.open = True
        held.purpose, held.content, held.pages = message.purpose, message.content, message.pages
        return None
    if not held.referred:
        return f"{message.operation} before its referral"
    if message.operation == "update":
        held.content, held.pages = message.content, message.pages
    else:
        held.notices.append({"content": message.content, "pages": message.pages})
    return None


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, *, epoch: float) -> str:
    """Return the message id if one signature fits one secret. Raises `Refused` otherwise."""
    message_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    if not message_id or not stamp.isdigit():
        raise Refused("headers-missing", 400)
    if abs(epoch - int(stamp)) > TOLERANCE_S:
        raise Refused("timestamp-out-of-tolerance", 401)
    signed = f"{message_id}.{stamp}.".encode() + body
    right = [hmac.new(_key(secret), signed, hashlib.sha256).digest() for secret in secrets]
    for signature in headers.get("webhook-signature", "").split():
        version, _, value = signature.partition(",")
        try:
            given = base64.b64decode(value, validate=True)
        except binascii.Error:
            continue
        if version == "v1" and any(hmac.compare_digest(given, expected) for expected in right):
            return message_id
    raise Refused("signature-wrong", 401)


def decode(body: bytes) -> Envelope:
    """Return the envelope of a body. Raises `Refused` with the field's path in its code."""
    try:
        return msgspec.json.decode(body, type=Envelope)
    except msgspec.DecodeError as error:
        raise Refused("body-not-understood", 400) from error


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
