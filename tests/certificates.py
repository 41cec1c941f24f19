"""Certificates for tests: a CA, and what it has signed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, both as text in PEM."""

    certificate: str
    key: str


class Authority:
    """A CA of its own, with its files in *folder*."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("SKIPPED: the tests of certificates need the program openssl")
        self._folder = folder
        self.file = folder / "ca.crt"
        self._openssl("req", "-x509", "-nodes", "-subj", "/CN=Test CA", "-days", "2", *_NEW_KEY,
                      "-keyout", "ca.key", "-out", "ca.crt")  # fmt: skip

    def sign(self, names: str, *, days: int = 2) -> Certificate:
        """Return a certificate for *names*, such as ``IP:127.0.0.1``; with *days* of -1 it has expired."""
        (self._folder / "names").write_text(f"subjectAltName={names}")
        self._openssl("req", "-nodes", "-subj", "/CN=server", *_NEW_KEY, "-keyout", "one.key", "-out", "one.csr")
        self._openssl("x509", "-req", "-in", "one.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", str(days), "-extfile", "names", "-out", "one.crt")  # fmt: skip
        return Certificate((self._folder / "one.crt").read_text(), (self._folder / "one.key").read_text())

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, capture_output=True)


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
