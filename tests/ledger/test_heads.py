"""Keys and signed heads, with OpenSSL as the independent peer."""

import base64
import json
import os
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from danao.core import BadInput
from danao.core.errors import LedgerError, StorageError
from danao.ledger import SignedHead, TreeHead, create_key, load_key, load_public_key, save_public_key
from danao.ledger.heads import pre_authentication, sign

HEAD = TreeHead("0" * 32, 17, "ab" * 32, "2026-03-01T06:00:00.000000Z")


def test_pre_authentication_encoding_is_that_of_the_dsse_specification():
    # secure-systems-lab/dsse, protocol.md, test vectors
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pre_authentication("http://example.com/HelloWorld", b"hello world") == expected


def test_a_secret_key_is_readable_by_its_owner_only_and_never_overwritten(tmp_path: Path):
    path = tmp_path / "keys" / "plant.pem"
    old = os.umask(0)
    try:
        key = create_key(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).private_bytes_raw() == key.private_bytes_raw()
    before = path.read_bytes()
    with pytest.raises(BadInput, match="never overwritten"):
        create_key(path)
    assert path.read_bytes() == before
    path.chmod(0o640)
    with pytest.raises(BadInput, match="chmod 600"):
        load_key(path)


def test_files_that_hold_no_key_are_refused(tmp_path: Path, key: Ed25519PrivateKey):
    junk, public = tmp_path / "junk", save_public_key(key, tmp_path / "public.pem")
    junk.write_text("no key")
    junk.chmod(0o600)
    public.chmod(0o600)
    for path in (junk, public):
        with pytest.raises(BadInput, match="no Ed25519 secret key"):
            load_key(path)
    with pytest.raises(BadInput, match="no Ed25519 public key"):
        load_public_key(junk)
    for load in (load_key, load_public_key, SignedHead.load):
        with pytest.raises(BadInput, match="cannot be read"):
            load(tmp_path / "absent")
    assert load_public_key(public) == key.public_key()


def test_a_key_that_cannot_be_written_is_a_storage_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        create_key(tmp_path / "file" / "key.pem")


def test_a_saved_head_is_read_back_and_bears_its_signature(tmp_path: Path, key: Ed25519PrivateKey):
    path = sign(HEAD, key).save(tmp_path / "head.json")
    loaded = SignedHead.load(path)
    loaded.check(key.public_key())
    assert loaded.head == HEAD
    assert json.loads(path.read_text())["payloadType"] == "application/vnd.danao.tree-head.v1+json"


def test_any_changed_bit_of_a_head_breaks_its_signature(key: Ed25519PrivateKey):
    signed = sign(HEAD, key)
    for bit in range(8 * len(signed.payload)):
        payload = bytearray(signed.payload)
        payload[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LedgerError, match="signature is wrong"):
            replace(signed, payload=bytes(payload)).check(key.public_key())
    with pytest.raises(LedgerError, match="was signed by key"):
        signed.check(Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize("change", ["payloadType", "payload", "signatures", None])
def test_what_is_no_head_is_refused(change: str | None, key: Ed25519PrivateKey, tmp_path: Path):
    envelope = sign(HEAD, key).to_dict()
    if change is None:
        envelope = {}
    else:
        envelope[change] = "nonsense!"
    path = tmp_path / "head.json"
    path.write_text(json.dumps(envelope))
    with pytest.raises(BadInput, match="is not a signed head"):
        SignedHead.load(path)
    path.write_text("{")
    with pytest.raises(BadInput, match="is not JSON"):
        SignedHead.load(path)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_accepts_the_signature(tmp_path: Path, key: Ed25519PrivateKey):
    path = sign(HEAD, key).save(tmp_path / "head.json")
    envelope = json.loads(path.read_text())
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"]
    (tmp_path / "signed").write_bytes(f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload)
    (tmp_path / "signature").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    save_public_key(key, tmp_path / "public.pem")
    command = "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in signed -sigfile signature"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
