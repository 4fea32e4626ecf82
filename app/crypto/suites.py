"""Two suites behind one interface: ``intl`` (AES, SHA-2, Ed25519) and ``gm`` (SM4, SM3, SM2).

Nothing here is home-made: ciphers, digests and HKDF come from ``cryptography``, SM2 from ``tongsuopy``, which
only an installation that signs with SM2 needs (extra ``gm``).
"""

import functools
import importlib.util
import os
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES, TAG_BYTES = 12, 16


class SealBroken(RuntimeError):
    """A sealed value does not open: it was changed, moved to another place, or has another key."""


class Suite(Protocol):
    """What the product needs of cryptography."""

    name: str
    mark: str  # one letter inside stored values
    key_bytes: int

    def seal(self, key: bytes, text: bytes, about: bytes) -> bytes:
        """Encrypt under a fresh nonce, bound to what it is about: nonce, ciphertext, tag."""
        ...

    def open(self, key: bytes, sealed: bytes, about: bytes) -> bytes:
        """The text again.

        Raises:
            SealBroken: the value, its key or what it is about is another.
        """
        ...

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Keyed digest."""
        ...

    def digest(self, data: bytes) -> bytes:
        """Digest without a key."""
        ...

    def derive(self, secret: bytes, purpose: str) -> bytes:
        """A key for one purpose from a longer-lived secret."""
        ...

    def new_signing_key(self) -> bytes:
        """A private key as PEM."""
        ...

    def public_key(self, private: bytes) -> bytes:
        """The public half of a private key, as PEM."""
        ...

    def is_public_key(self, text: bytes) -> bool:
        """Whether this is a public key (PEM) that the suite can verify with."""
        ...

    def sign(self, private: bytes, data: bytes) -> bytes:
        """Signature of the data."""
        ...

    def verify(self, public: bytes, signature: bytes, data: bytes) -> bool:
        """Whether the signature is of this data and this key."""
        ...


class _Hashing:
    """Digest, keyed digest and derivation over one hash function."""

    hash: Any
    key_bytes: int

    def mac(self, key: bytes, data: bytes) -> bytes:
        maker = hmac.HMAC(key, self.hash)
        maker.update(data)
        return maker.finalize()

    def digest(self, data: bytes) -> bytes:
        maker = hashes.Hash(self.hash)
        maker.update(data)
        return maker.finalize()

    def derive(self, secret: bytes, purpose: str) -> bytes:
        return HKDF(self.hash, self.key_bytes, salt=None, info=purpose.encode()).derive(secret)


class International(_Hashing):
    """AES-256-GCM, HMAC-SHA-256, Ed25519."""

    name, mark, key_bytes = "intl", "i", 32
    hash = hashes.SHA256()

    def seal(self, key: bytes, text: bytes, about: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + _aes(key).encrypt(nonce, text, about)

    def open(self, key: bytes, sealed: bytes, about: bytes) -> bytes:
        try:
            return _aes(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as failure:
            raise SealBroken from failure

    def new_signing_key(self) -> bytes:
        return Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def public_key(self, private: bytes) -> bytes:
        return (
            _ed25519(private)
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def is_public_key(self, text: bytes) -> bool:
        try:
            return isinstance(serialization.load_pem_public_key(text), Ed25519PublicKey)
        except (ValueError, UnsupportedAlgorithm):
            return False

    def sign(self, private: bytes, data: bytes) -> bytes:
        return _ed25519(private).sign(data)

    def verify(self, public: bytes, signature: bytes, data: bytes) -> bool:
        key = serialization.load_pem_public_key(public)
        if not isinstance(key, Ed25519PublicKey):
            return False
        try:
            key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


@functools.lru_cache(maxsize=2048)
def _aes(key: bytes) -> AESGCM:
    """Expanding the key costs more than opening a short text."""
    return AESGCM(key)


def _ed25519(private: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(private, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the suite intl signs with Ed25519")
    return key


class Commercial(_Hashing):
    """SM4-GCM (GB/T 32907), HMAC-SM3 (GB/T 32905), SM2 with SM3 and the standard user id (GB/T 32918)."""

    name, mark, key_bytes = "gm", "g", 16
    hash = hashes.SM3()

    def seal(self, key: bytes, text: bytes, about: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.encrypt(key, nonce, text, about)

    def encrypt(self, key: bytes, nonce: bytes, text: bytes, about: bytes) -> bytes:
        """Ciphertext and tag under a given nonce."""
        maker = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        maker.authenticate_additional_data(about)
        return maker.update(text) + maker.finalize() + maker.tag

    def open(self, key: bytes, sealed: bytes, about: bytes) -> bytes:
        nonce, text, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
        try:
            reader = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
            reader.authenticate_additional_data(about)
            return reader.update(text) + reader.finalize()
        except (InvalidTag, ValueError) as failure:
            raise SealBroken from failure

    def new_signing_key(self) -> bytes:
        ec, _, formats = _tongsuo()
        made: bytes = ec.generate_private_key(ec.SM2()).private_bytes(
            formats.Encoding.PEM, formats.PrivateFormat.PKCS8, formats.NoEncryption()
        )
        return made

    def public_key(self, private: bytes) -> bytes:
        _, _, formats = _tongsuo()
        public = formats.load_pem_private_key(private, None).public_key()
        made: bytes = public.public_bytes(formats.Encoding.PEM, formats.PublicFormat.SubjectPublicKeyInfo)
        return made

    def is_public_key(self, text: bytes) -> bool:
        ec, _, formats = _tongsuo()
        try:
            key = formats.load_pem_public_key(text)
        except (ValueError, TypeError):
            return False
        return isinstance(getattr(key, "curve", None), ec.SM2)

    def sign(self, private: bytes, data: bytes) -> bytes:
        ec, sm3, formats = _tongsuo()
        made: bytes = formats.load_pem_private_key(private, None).sign(data, ec.ECDSA(sm3))
        return made

    def verify(self, public: bytes, signature: bytes, data: bytes) -> bool:
        from tongsuopy.crypto.exceptions import InvalidSignature as Refused

        ec, sm3, formats = _tongsuo()
        try:
            formats.load_pem_public_key(public).verify(signature, data, ec.ECDSA(sm3))
        except Refused:
            return False
        return True


def _tongsuo() -> tuple[Any, Any, Any]:
    """Loaded when something is signed, so that nobody else needs the library."""
    from tongsuopy.crypto import hashes as tongsuo_hashes
    from tongsuopy.crypto import serialization as formats
    from tongsuopy.crypto.asymciphers import ec

    return ec, tongsuo_hashes.SM3(), formats


SUITES: dict[str, Suite] = {"intl": International(), "gm": Commercial()}
BY_MARK = {suite.mark: suite for suite in SUITES.values()}


def suite_named(name: str) -> Suite:
    """The suite of this name; ``KeyError`` when there is none."""
    return SUITES[name]


def can_sign_with_sm2() -> bool:
    """Whether the library for SM2 is installed."""
    return importlib.util.find_spec("tongsuopy") is not None
