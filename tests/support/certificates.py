"""Certificates of an authority of our own, made once for all tests by openssl."""

from __future__ import annotations

import functools
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

import pytest

_REQUEST = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    " -keyout {name}.key -out {name}.pem -subj /CN={subject} {more}"
)
# Python 3.13 refuses authorities that do not say so.
_AUTHORITY = "-addext keyUsage=critical,keyCertSign,cRLSign"
_SIGNED = "-CA {authority}.pem -CAkey {authority}.key -addext basicConstraints=critical,CA:FALSE"


class Certificates:
    """Files of an authority, a server and a client, and of strangers to them.

    The server is certified as 127.0.0.1, not as localhost.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._make("authority", "authority", _AUTHORITY)
        self._make("stranger", "authority", _AUTHORITY)
        signed = _SIGNED.format(authority="authority")
        self._make("server", "server", f"{signed} -addext subjectAltName=IP:127.0.0.1")
        self._make("client", "client", signed)
        self._make("foreign", "client", _SIGNED.format(authority="stranger"))

    def _make(self, name: str, subject: str, more: str) -> None:
        command = _REQUEST.format(name=name, subject=subject, more=more)
        subprocess.run(command.split(), cwd=self._folder, check=True, capture_output=True)
        (self._folder / f"{name}.key").chmod(0o644)  # for servers that are not root

    def certificate(self, name: str) -> Path:
        """The file of ``authority``, ``stranger``, ``server``, ``client`` or ``foreign``."""
        return self._folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        """The private key to ``certificate``."""
        return self._folder / f"{name}.key"

    def server_context(self) -> ssl.SSLContext:
        """For a server in Python; a client may show a certificate, which must be good then."""
        context = ssl.create_default_context(
            ssl.Purpose.CLIENT_AUTH, cafile=self.certificate("authority")
        )
        context.load_cert_chain(self.certificate("server"), self.key("server"))
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client in Python."""
        return ssl.create_default_context(cafile=self.certificate("authority"))


_folders: list[tempfile.TemporaryDirectory[str]] = []


@functools.cache
def certificates() -> Certificates:
    """The certificates of this process."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl: apt-get install openssl")
    folder = tempfile.TemporaryDirectory(prefix="pythia-certificates-")
    _folders.append(folder)  # removed when the process ends
    Path(folder.name).chmod(0o755)
    return Certificates(Path(folder.name))
