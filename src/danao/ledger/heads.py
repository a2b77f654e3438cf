"""Signed tree heads: what you keep elsewhere, so that a cut-off or rewritten ledger cannot pass for the whole one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from danao.core.errors import BadInput, LedgerError
from danao.core.files import storage_error, write_atomically
from danao.ledger.canonical import canonical, parse

PAYLOAD_TYPE = "application/vnd.danao.tree-head.v1+json"


@dataclass(frozen=True)
class TreeHead:
    """What one hash says about a whole ledger at one moment."""

    ledger: str
    """The ledger's own id, 32 hexadecimal digits, drawn when it was made."""
    size: int
    """Number of records."""
    root_hash: str
    """RFC 6962 Merkle tree hash of the records, 64 hexadecimal digits."""
    time: str
    """When it was signed, ISO 8601 in UTC."""


@dataclass(frozen=True)
class SignedHead:
    """A tree head in a DSSE envelope."""

    head: TreeHead
    payload: bytes
    """The signed bytes: canonical JSON of the head."""
    signature: bytes
    """Ed25519, 64 bytes, over the DSSE pre-authentication encoding of the payload."""
    key_id: str
    """SHA-256 of the raw public key: a hint which key to check with, not a proof."""

    def check(self, public_key: Ed25519PublicKey) -> None:
        """Nothing, when the signature is right.

        Raises:
            LedgerError: It is not, or another key signed.
        """
        try:
            public_key.verify(self.signature, pre_authentication(PAYLOAD_TYPE, self.payload))
        except InvalidSignature:
            given = key_id(public_key)
            found = (
                "its signature is wrong: the head was changed after it was signed"
                if given == self.key_id
                else f"was signed by key {self.key_id[:12]}, not by {given[:12]}"
            )
            raise LedgerError(
                f"signed head of {self.head.size} records",
                found,
                "Expected a head signed by the owner of the public key",
                "Trust another copy of the head, or give the right public key",
            ) from None

    def to_dict(self) -> dict[str, Any]:
        """The DSSE envelope, ready for JSON."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": self.key_id, "sig": base64.b64encode(self.signature).decode()}],
        }

    @classmethod
    def from_dict(cls, envelope: object, where: str = "signed head") -> SignedHead:
        """The head in an envelope; the signature is not checked here.

        Raises:
            BadInput: It is no DSSE envelope with one tree head.
        """
        try:
            if not isinstance(envelope, dict) or envelope["payloadType"] != PAYLOAD_TYPE:
                raise ValueError
            payload = _from_base64(envelope["payload"])
            (signature,) = envelope["signatures"]
            content = parse(payload)
            head = TreeHead(
                str(content["ledger"]), int(content["size"]), str(content["root_hash"]), str(content["time"])
            )
            bytes.fromhex(head.root_hash)
            return cls(head, payload, _from_base64(signature["sig"]), str(signature["keyid"]))
        except (ValueError, KeyError, TypeError):
            raise BadInput(
                where,
                "is not a signed head",
                f"Expected a DSSE envelope of type {PAYLOAD_TYPE} with one signature",
                "Give a file that danao ledger head has written",
            ) from None

    def save(self, path: Path) -> Path:
        """Write the envelope to a JSON file.

        Raises:
            StorageError: The file cannot be written; an old one is untouched.
        """
        return write_atomically(path, json.dumps(self.to_dict(), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> SignedHead:
        """Read an envelope from a JSON file; the signature is not checked here.

        Raises:
            BadInput: The file is missing or holds something else.
        """
        try:
            return cls.from_dict(json.loads(_read(path)), str(path))
        except ValueError:
            raise BadInput(str(path), "is not JSON", "Expected a signed head", "Give another file") from None


def sign(head: TreeHead, key: Ed25519PrivateKey) -> SignedHead:
    """The head in a DSSE envelope, signed with Ed25519 (RFC 8032)."""
    payload = canonical(asdict(head), "tree head")
    signature = key.sign(pre_authentication(PAYLOAD_TYPE, payload))
    return SignedHead(head, payload, signature, key_id(key.public_key()))


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """The bytes that a DSSE signature covers: type and payload, each with its length.

    Source: Dead Simple Signing Envelope, protocol.md, PAE.
    """
    name = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def create_key(path: Path) -> Ed25519PrivateKey:
    """A new secret key in a new PEM file that only its owner can read (mode 0600).

    Raises:
        BadInput: The file exists; a key is never overwritten.
        StorageError: The file cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(
            str(path), "exists", "A key is never overwritten", "Choose another name, or load this key"
        ) from None
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise storage_error(path, error) from error
    return key


def load_key(path: Path) -> Ed25519PrivateKey:
    """The secret key in a PEM file.

    Raises:
        BadInput: The file is missing, others can read it, or it holds no unencrypted Ed25519 key.
    """
    content = _read(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadInput(str(path), "can be read by others", "Expected mode 0600", f"Run chmod 600 {path}")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(str(path), "holds no Ed25519 secret key", "Expected an unencrypted PEM file (PKCS #8)")
    return key


def save_public_key(key: Ed25519PrivateKey | Ed25519PublicKey, path: Path) -> Path:
    """Write the public key as a PEM file, for those who verify.

    Raises:
        StorageError: The file cannot be written.
    """
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return write_atomically(path, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file.

    Raises:
        BadInput: The file is missing or holds no Ed25519 public key.
    """
    content = _read(path)
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(str(path), "holds no Ed25519 public key", "Expected a PEM file (SubjectPublicKeyInfo)")
    return key


def key_id(public_key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, 64 hexadecimal digits."""
    return hashlib.sha256(public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", "Expected a file", "Check the path") from error
