from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image

from vmevalkit.errors import (
    AuthenticationError,
    MissingCredentialError,
    MissingExtraError,
    ProviderUnavailableError,
)
from vmevalkit.models.google_credentials import google_credentials
from vmevalkit.models.veo_inference import VertexVeoWrapper
from vmevalkit.testing.emulators.vertex import VertexEmulator

# google-auth warns of files from strangers; this one is the user's own.
pytestmark = pytest.mark.filterwarnings("ignore:.*load_credentials_from_file:DeprecationWarning")


class TokenServer:
    """Google's token endpoint on loopback: gives numbered tokens, or turns everybody away."""

    def __init__(self) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.tokens: Iterator[str] = (f"token-{number}" for number in range(100))
        self.refuses, self.lifetime = False, 3600
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/token"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                server.asked.append(parse_qs(self.rfile.read(length).decode()))
                refusal = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
                granted = {"access_token": next(server.tokens), "expires_in": server.lifetime, "token_type": "Bearer"}
                self.send_response(400 if server.refuses else 200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(refusal if server.refuses else granted).encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def token_server() -> Iterator[TokenServer]:
    server = TokenServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def account(tmp_path: Path, private_key: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Writes the file of a service account whose tokens come from an address, and names it in the environment."""

    def write(token_address: str) -> Path:
        path = tmp_path / "account.json"
        facts = {
            "type": "service_account",
            "client_email": "someone@my-project.iam.gserviceaccount.com",
            "private_key": private_key,
            "token_uri": token_address,
        }
        path.write_text(json.dumps(facts), encoding="utf-8")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        return path

    return write


def test_one_token_serves_everybody(token_server: TokenServer, account: Callable[[str], Path]) -> None:
    account(token_server.address)
    assert google_credentials().headers() == {"authorization": "Bearer token-0"}
    assert google_credentials().headers() == {"authorization": "Bearer token-0"}
    assert google_credentials().token == "token-0"
    (asked,) = token_server.asked
    assert asked["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]


def test_a_token_about_to_end_is_renewed(token_server: TokenServer, account: Callable[[str], Path]) -> None:
    account(token_server.address)
    token_server.lifetime = 60
    google_credentials().headers()
    assert google_credentials().token == "token-0"
    assert google_credentials().headers() == {"authorization": "Bearer token-1"}


def test_a_token_is_asked_for_once_by_many_threads(token_server: TokenServer, account: Callable[[str], Path]) -> None:
    account(token_server.address)
    threads = [threading.Thread(target=lambda: google_credentials().headers()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(token_server.asked) == 1


def test_a_turned_away_account_is_an_authentication_error(
    token_server: TokenServer, account: Callable[[str], Path]
) -> None:
    account(token_server.address)
    token_server.refuses = True
    with pytest.raises(AuthenticationError, match="Invalid JWT Signature"):
        google_credentials().headers()


def test_an_unreachable_token_server_may_come_back(token_server: TokenServer, account: Callable[[str], Path]) -> None:
    account("http://127.0.0.1:1/token")
    with pytest.raises(ProviderUnavailableError) as caught:
        google_credentials().headers()
    assert caught.value.__dict__["sent"] is False


@pytest.mark.parametrize("content", [None, "{", "{}", '{"type": "service_account"}'])
def test_a_file_that_holds_no_credentials_is_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "account.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(MissingCredentialError, match=r"account\.json") as caught:
        google_credentials()
    assert caught.value.variable == "GOOGLE_APPLICATION_CREDENTIALS"


def test_a_machine_without_any_credentials_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingCredentialError, match="gcloud auth application-default login"):
        google_credentials()


def test_the_extra_is_named_where_the_library_is_missing(
    monkeypatch: pytest.MonkeyPatch, account: Callable[[str], Path]
) -> None:
    account("http://127.0.0.1:1/token")
    for name in ("google.auth", "google.auth.transport.requests"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"vmevalkit\[vertex\]"):
        google_credentials()


def test_a_video_is_made_with_the_credentials_of_a_file(
    token_server: TokenServer, account: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(token_server.address)
    monkeypatch.setenv("GCP_PROJECT_ID", "my-project")
    Image.new("RGB", (64, 36), "red").save(tmp_path / "first_frame.png")
    with VertexEmulator() as emulator:
        token_server.tokens = iter([emulator.key])
        wrapper = VertexVeoWrapper("veo-3.1-generate-001", tmp_path, base_url=emulator.base_url)
        result: Any = wrapper.generate(tmp_path / "first_frame.png", "Go")
    assert result["error"] is None
    assert emulator.key not in json.dumps(result)
