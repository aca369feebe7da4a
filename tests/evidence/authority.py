"""A timestamp authority of our own: `openssl ts` with a root, and a certificate for stamping."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.x509 import Certificate, load_pem_x509_certificate

_CONFIG = """
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""
_ROOT = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
_STAMPING = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"


class LocalAuthority:
    """Answers RFC 3161 requests; `purpose` other than stamping makes a certificate unfit."""

    def __init__(self, folder: Path, *, extensions: str = _STAMPING) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(_CONFIG.format(folder=folder))
        self._issue("root", _ROOT, "-signkey root.key")
        self._issue("tsa", extensions, "-CA root.pem -CAkey root.key -set_serial 7")

    @property
    def root_path(self) -> Path:
        """The root certificate, PEM."""
        return self._folder / "root.pem"

    @property
    def root(self) -> Certificate:
        """The root certificate."""
        return load_pem_x509_certificate(self.root_path.read_bytes())

    def answer(self, request: bytes) -> bytes:
        """A TimeStampResp; a refusal when the request cannot be read."""
        query, reply = self._folder / "query.tsq", self._folder / "reply.tsr"
        query.write_bytes(request)
        self._run(f"ts -reply -config ts.cnf -queryfile {query} -out {reply}")
        return reply.read_bytes()

    def _issue(self, name: str, extensions: str, signer: str) -> None:
        (self._folder / f"{name}.ext").write_text(extensions)
        self._run(f"req -new -newkey rsa:2048 -nodes -keyout {name}.key -subj /CN={name}"
                  f" -out {name}.csr")  # fmt: skip
        self._run(f"x509 -req -in {name}.csr {signer} -days 3 -extfile {name}.ext -out {name}.pem")

    def _run(self, arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments.split()], cwd=self._folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


def skip_without_openssl() -> None:
    """The authority needs the openssl program."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine: apt-get install openssl")
