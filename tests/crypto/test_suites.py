"""Known answers of the standards, and a second library that must agree. No test needs a database."""

import hmac
import os
from typing import Any

import gmalg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tongsuopy.crypto import ciphers as tongsuo_ciphers
from tongsuopy.crypto import hashes as tongsuo_hashes
from tongsuopy.crypto import serialization as tongsuo_formats
from tongsuopy.crypto.asymciphers import ec as tongsuo_ec

from app.crypto.suites import SUITES, Commercial, SealBroken, Suite

INTL, GM = SUITES["intl"], SUITES["gm"]
UID = b"1234567812345678"
hexed = bytes.fromhex


class GmalgSm3:
    """gmalg's SM3 in the shape that ``hmac`` of the standard library takes."""

    digest_size, block_size, name = 32, 64, "sm3"

    def __init__(self, data: bytes = b"") -> None:
        self._data = data

    def update(self, data: bytes) -> None:
        self._data += data

    def copy(self) -> "GmalgSm3":
        return GmalgSm3(self._data)

    def digest(self) -> bytes:
        maker = gmalg.SM3()
        maker.update(self._data)
        return maker.value()


def test_dat_04_sm4_of_gb_t_32907() -> None:
    key = hexed("0123456789abcdeffedcba9876543210")
    block = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    assert block.update(key).hex() == "681edf34d206965e86b3e94f536e4246"
    assert gmalg.SM4(key).encrypt(key).hex() == "681edf34d206965e86b3e94f536e4246"


def test_dat_04_sm4_gcm_of_rfc_8998() -> None:
    key, nonce = hexed("0123456789ABCDEFFEDCBA9876543210"), hexed("00001234567800000000ABCD")
    about = hexed("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    text = hexed("AA" * 8 + "BB" * 8 + "CC" * 8 + "DD" * 8 + "EE" * 8 + "FF" * 8 + "EE" * 8 + "AA" * 8)
    sealed = hexed(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert Commercial().encrypt(key, nonce, text, about) == sealed
    assert GM.open(key, nonce + sealed, about) == text


def test_dat_04_sm3_of_gb_t_32905() -> None:
    assert GM.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    known = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    assert GM.digest(b"abcd" * 16).hex() == known


def test_dat_04_sm2_of_gb_t_32918() -> None:
    """Annex A of part 5: the recommended curve, the message "message digest", the standard user id."""
    point = hexed(
        "04"
        "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    )
    r = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
    s = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
    public = tongsuo_ec.EllipticCurvePublicKey.from_encoded_point(tongsuo_ec.SM2(), point).public_bytes(
        tongsuo_formats.Encoding.PEM, tongsuo_formats.PublicFormat.SubjectPublicKeyInfo
    )
    assert GM.verify(public, encode_dss_signature(r, s), b"message digest")
    assert not GM.verify(public, encode_dss_signature(r, s), b"message digesT")


def test_dat_04_aes_gcm_of_nist() -> None:
    """Case 16 of the GCM submission, 256 bits."""
    key = hexed("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = hexed("cafebabefacedbaddecaf888")
    about = hexed("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    text = hexed(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = hexed(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    assert INTL.open(key, nonce + sealed, about) == text


def test_dat_04_hmac_of_rfc_4231() -> None:
    known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert INTL.mac(b"Jefe", b"what do ya want for nothing?").hex() == known


def test_dat_04_ed25519_of_rfc_8032() -> None:
    secret = hexed("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    private = Ed25519PrivateKey.from_private_bytes(secret)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert raw.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert INTL.sign(pem, hexed("72")).hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 1000])
def test_dat_04_two_libraries_agree_on_sm3_and_sm4(length: int) -> None:
    data, key, nonce = os.urandom(length), os.urandom(16), os.urandom(12)
    maker = gmalg.SM3()
    maker.update(data)
    assert GM.digest(data) == maker.value()
    assert GM.mac(key, data) == hmac.new(key, data, GmalgSm3).digest()  # type: ignore[arg-type]
    other = tongsuo_hashes.Hash(tongsuo_hashes.SM3())
    other.update(data)
    assert GM.digest(data) == other.finalize()
    theirs = tongsuo_ciphers.Cipher(
        tongsuo_ciphers.algorithms.SM4(key), tongsuo_ciphers.modes.GCM(nonce)
    ).encryptor()
    theirs.authenticate_additional_data(b"about")
    sealed = theirs.update(data) + theirs.finalize() + theirs.tag
    assert Commercial().encrypt(key, nonce, data, b"about") == sealed


def test_dat_04_two_libraries_agree_on_sm2() -> None:
    private = GM.new_signing_key()
    loaded = tongsuo_formats.load_pem_private_key(private, None)
    secret = loaded.private_numbers().private_value.to_bytes(32, "big")
    point = loaded.public_key().public_bytes(
        tongsuo_formats.Encoding.X962, tongsuo_formats.PublicFormat.UncompressedPoint
    )
    other = gmalg.SM2(secret, UID, point)
    r, s = decode_dss_signature(GM.sign(private, b"ours"))
    assert other.verify(b"ours", r.to_bytes(32, "big"), s.to_bytes(32, "big"))
    r, s = (int.from_bytes(part, "big") for part in other.sign(b"theirs"))
    assert GM.verify(GM.public_key(private), encode_dss_signature(r, s), b"theirs")


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_dat_04_a_sealed_text_opens_for_its_place_only(suite: Suite) -> None:
    key, other = os.urandom(suite.key_bytes), os.urandom(suite.key_bytes)
    sealed = suite.seal(key, b"990000198506152462", b"here")
    assert suite.open(key, sealed, b"here") == b"990000198506152462"
    assert suite.seal(key, b"990000198506152462", b"here") != sealed
    for damaged in (
        sealed[:-1],
        bytes([sealed[0] ^ 1]) + sealed[1:],
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        b"",
        sealed[:5],
    ):
        with pytest.raises(SealBroken):
            suite.open(key, damaged, b"here")
    for wrong in ((other, b"here"), (key, b"there")):
        with pytest.raises(SealBroken):
            suite.open(wrong[0], sealed, wrong[1])


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_dat_04_a_signature_is_of_one_text_and_one_key(suite: Suite) -> None:
    private, other = suite.new_signing_key(), suite.new_signing_key()
    signature = suite.sign(private, b"head 1")
    assert suite.verify(suite.public_key(private), signature, b"head 1")
    assert not suite.verify(suite.public_key(private), signature, b"head 2")
    assert not suite.verify(suite.public_key(other), signature, b"head 1")


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_dat_04_keys_derived_for_two_purposes_differ(suite: Suite) -> None:
    made: set[Any] = {suite.derive(b"s" * 32, purpose) for purpose in ("a", "b")}
    assert len(made) == 2
    assert {len(key) for key in made} == {suite.key_bytes}
