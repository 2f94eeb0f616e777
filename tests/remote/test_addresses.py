from __future__ import annotations

import pytest

from vmevalkit.errors import UnexpectedReplyError
from vmevalkit.remote.addresses import check_address, redirected, same_host

API = "https://api.provider.example/v1"


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/video.mp4",
        "https://127.0.0.1/video.mp4",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/video.mp4",
        "https://10.0.0.7/video.mp4",
        "https://localhost/video.mp4",
        "https://LOCALHOST./video.mp4",
        "https://ip6-localhost/video.mp4",
        "https://printer.local./video.mp4",
        "https://2130706433/video.mp4",
        "https://0x7f.1/video.mp4",
        "https://127.1/video.mp4",
        "https://127.0.0.1./video.mp4",
        "https://0177.0.0.01/video.mp4",
        "https://127。0。0。1/video.mp4",
        "https://0/video.mp4",
        "https://[::ffff:127.0.0.1]/video.mp4",
        "https://[::ffff:a00:7]/video.mp4",
        "https://[::127.0.0.1]/video.mp4",
        "https://[64:ff9b::7f00:1]/video.mp4",
        "https://[2002:7f00:1::]/video.mp4",
        "https://[fe80::1%25eth0]/video.mp4",
        "https://224.0.0.1/video.mp4",
        "https://cdn.example\\@127.0.0.1/video.mp4",
        "https://cdn.example:0/video.mp4",
        "https://cdn.example:65536/video.mp4",
        "https://cdn.example:x/video.mp4",
        "https://metadata.google.internal/computeMetadata",
        "https://user:password@cdn.example/video.mp4",
        "file:///etc/passwd",
        "ftp://cdn.example/video.mp4",
        "",
    ],
)
def test_address_that_a_provider_has_no_business_with_is_not_opened(url: str) -> None:
    with pytest.raises(UnexpectedReplyError, match="Expected an https address"):
        check_address(url, API, "somebody")


@pytest.mark.parametrize("host", ["cdn.example", "cdn.example.:8443", "8.8.8.8", "[2606:4700::1111]", "1.2.example"])
def test_public_https_address_is_opened(host: str) -> None:
    check_address(f"https://{host}/video.mp4?signature=1", API, "somebody")


def test_redirect_leads_on_from_where_it_was_met() -> None:
    assert redirected("https://cdn.example/a/b", "../c?d", "somebody") == "https://cdn.example/c?d"
    with pytest.raises(UnexpectedReplyError, match="cannot be read"):
        redirected("https://cdn.example/a/b", "https://[cdn/", "somebody")


@pytest.mark.parametrize("host", ["localhost", "localhost.", "127.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_emulator_may_name_this_machine_in_any_spelling(host: str) -> None:
    check_address(f"http://{host}:81/video.mp4", "http://127.0.0.1:80", "somebody")


def test_emulator_on_this_machine_may_name_this_machine_only() -> None:
    check_address("http://127.0.0.1:81/video.mp4", "http://127.0.0.1:80", "somebody")
    with pytest.raises(UnexpectedReplyError):
        check_address("http://192.168.0.1/video.mp4", "http://127.0.0.1:80", "somebody")


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://api.provider.example/v1/files/1", True),
        ("https://API.provider.example:443/v1/files/1", True),
        ("https://api.provider.example.evil.example/", False),
        ("http://api.provider.example/", False),
        ("https://api.provider.example:8443/", False),
    ],
)
def test_key_is_for_the_provider_itself(url: str, same: bool) -> None:
    assert same_host(url, API) is same
