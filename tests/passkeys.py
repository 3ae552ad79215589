"""A passkey of paper: what a browser and its authenticator would answer, made by the test."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
)

HOST = "localhost"


@dataclass
class PaperKey:
    """One passkey for one host."""

    name: bytes = b"paper-key-0000001"
    origin: str = f"http://{HOST}"
    secret: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def made(self, question: str) -> str:
        """The answer to "make a passkey"."""
        public = ES256.from_cryptography_key(self.secret.public_key())
        data = AttestedCredentialData.create(Aaguid(bytes(16)), self.name, public)
        known = AuthenticatorData.create(
            sha256(HOST.encode()), AuthenticatorData.FLAG(0x45), 0, data
        )
        proof = AttestationObject.create("none", known, {})
        said = self._said("webauthn.create", question)
        return self._answer(said, attestationObject=websafe_encode(bytes(proof)))

    def proved(self, question: str) -> str:
        """The answer to "prove that you are there"."""
        known = bytes(
            AuthenticatorData.create(sha256(HOST.encode()), AuthenticatorData.FLAG(0x05), 1)
        )
        said = self._said("webauthn.get", question)
        signed = self.secret.sign(known + sha256(said), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            said, authenticatorData=websafe_encode(known), signature=websafe_encode(signed)
        )

    def _said(self, kind: str, question: str) -> bytes:
        challenge = json.loads(question)["publicKey"]["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, said: bytes, **more: Any) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.name),
                "rawId": websafe_encode(self.name),
                "type": "public-key",
                "response": {"clientDataJSON": websafe_encode(said), **more},
                "clientExtensionResults": {},
            }
        )
