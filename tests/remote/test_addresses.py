from __future__ import annotations

import pytest

from vmevalkit.errors import UnexpectedReplyError
from vmevalkit.remote.addresses import check_address, same_host

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


def test_public_https_address_is_opened() -> None:
    check_address("https://cdn.example/video.mp4?signature=1", API, "somebody")


def test_emulator_on_this_machine_may_name_this_machine_only() -> None:
    check_address("http://127.0.0.1:81/video.mp4", "http://127.0.0.1:80", "somebody")
    with pytest.raises(UnexpectedReplyError):
        check_address("http://192.168.0.1/video.mp4", "http://127.0.0.1:80", "somebody")


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://api.provider.example/v1/files/1", True),
        ("https://api.provider.example.evil.example/", False),
        ("http://api.provider.example/", False),
        ("https://api.provider.example:8443/", False),
    ],
)
def test_key_is_for_the_provider_itself(url: str, same: bool) -> None:
    assert same_host(url, API) is same
