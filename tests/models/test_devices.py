from __future__ import annotations

from pathlib import Path

import pytest

from vmevalkit.errors import DeviceNotFoundError
from vmevalkit.models.devices import CPU, Device, choose_devices, find_gpus

GPUS = (Device("H200", "0", 140), Device("H200", "1", 140), Device("A6000", "2", 48))


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the tool of NVIDIA's driver, that tells of two GPUs."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho '0, GPU-aa, NVIDIA H200, 143771'\necho '1, GPU-bb, NVIDIA RTX A6000, 49140'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tool


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, GPUS[:1]),
        ("1", GPUS[1:2]),
        ("2, 0", (GPUS[2], GPUS[0])),
        ("all", GPUS),
        ("cpu", (CPU,)),
        ("1,1", GPUS[1:2]),
    ],
)
def test_devices_are_those_asked_for(asked: str | None, found: tuple[Device, ...]) -> None:
    assert choose_devices(asked, GPUS) == found


def test_without_a_gpu_the_cpu_is_used() -> None:
    assert choose_devices(None, []) == (CPU,)


@pytest.mark.parametrize(("asked", "gpus"), [("3", GPUS), ("0", ()), ("all", ()), ("first", GPUS), ("", GPUS)])
def test_device_that_is_not_there_is_an_error(asked: str, gpus: tuple[Device, ...]) -> None:
    with pytest.raises(DeviceNotFoundError, match="nvidia-smi"):
        choose_devices(asked, gpus)


def test_driver_tells_names_and_memory(driver: Path) -> None:
    assert find_gpus() == [Device("NVIDIA H200", "0", 143771 << 20), Device("NVIDIA RTX A6000", "1", 49140 << 20)]


@pytest.mark.parametrize(
    ("visible", "found"),
    [("1", ["1"]), ("GPU-b", ["1"]), ("1,0", ["1", "0"]), ("-1", []), ("", []), ("MIG-x", ["MIG-x"])],
)
def test_hidden_gpus_are_not_used(
    driver: Path, monkeypatch: pytest.MonkeyPatch, visible: str, found: list[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [gpu.index for gpu in find_gpus()] == found


@pytest.mark.parametrize("script", ["exit 9", "echo 'No devices were found'", "echo"])
def test_driver_that_fails_tells_of_no_gpu(driver: Path, script: str) -> None:
    driver.write_text(f"#!/bin/sh\n{script}\n")
    assert find_gpus() == []


def test_without_a_driver_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_gpus() == []
