"""Ed25519 keys and signatures, by the package `cryptography` (extra `sign`)."""

import base64
from typing import Any

from neutralizer.errors import NotApproved


def new_key() -> tuple[bytes, str]:
    """A private key as PEM, and its public key as roles.yaml has it."""
    ed25519, serialization = _library()
    key = ed25519.Ed25519PrivateKey.generate()
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, _public(key.public_key())


def signed(pem: bytes, passphrase: str, data: bytes) -> tuple[str, str]:
    """A signature, and the public key that it can be checked with. Raises NotApproved."""
    ed25519, serialization = _library()
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode() or None)
    except (ValueError, TypeError) as error:
        raise NotApproved(f"the key cannot be read ({error}): name a private key in PEM") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise NotApproved("the key is not an ed25519 key: make one with `neutralizer new-key`")
    return base64.b64encode(key.sign(data)).decode(), _public(key.public_key())


def holds(public_key: str, signature: str, data: bytes) -> bool:
    """Whether a signature over these bytes was made with the private half of a key."""
    ed25519, _ = _library()
    from cryptography.exceptions import InvalidSignature

    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _public(key: Any) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise NotApproved(
            "signatures need the package cryptography: pip install cryptography"
        ) from None
    return ed25519, serialization
