"""What holds for every metric."""

from __future__ import annotations

import doctest
import json
import pickle
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import DuplicateNameError, TooFewSamplesError, UnknownNameError
from vmevalkit.features.memory import watch_frames
from vmevalkit.metrics.base import Metric
from vmevalkit.metrics.registry import find_metrics, load_metric, metrics
from vmevalkit.vision.observation import VMAF, Observation

Pixels = NDArray[np.uint8]

NAMES = metrics().names()
VALUES = (91.5, 93.25, 90.0, 88.5, 97.0, 94.0, 92.0)
"""What stands in for VMAF, which is measured on files."""


@pytest.fixture(scope="module")
def video() -> list[Pixels]:
    """A soft pattern that drifts and changes its colors a little."""
    clouds = np.random.default_rng(0).integers(0, 255, (176, 192, 3), np.uint8)
    pattern = np.asarray(cv2.GaussianBlur(clouds, (0, 0), 4), np.float64)
    pattern = (pattern - pattern.min()) / (pattern.max() - pattern.min()) * 220
    return [np.roll(pattern + 3 * index, 2 * index, 1).astype(np.uint8) for index in range(7)]


def observed(video: list[Pixels]) -> Iterator[Observation]:
    reference = [255 - frame // 2 for frame in video]
    frames = watch_frames(video, fps=8, reference=reference, first_picture=video[0], final_picture=video[-1] // 2)
    for frame in frames:
        frame.video.known[VMAF] = VALUES
        yield frame


def computed(metric: Metric, frames: Iterator[Observation]) -> Metric:
    for frame in frames:
        metric.update(frame)
    return metric


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_stated_and_the_module_is_called_like_the_metric(name: str) -> None:
    metric = load_metric(name)
    assert metric.name == name
    assert metric.__module__ == f"vmevalkit.metrics.{name}"
    assert metric.summary.endswith(".")
    assert metric.implementation().startswith(f"vmevalkit {metric.version}")
    assert (metric.category == "full_reference") == ("ground_truth" in metric.compares_with)


@pytest.mark.parametrize("name", NAMES)
def test_docstring_follows_the_template_and_its_example_runs(name: str) -> None:
    module = import_module(f"vmevalkit.metrics.{name}")
    text = load_metric(name).__doc__ or ""
    parts = ["Formula:", "Source:", "Input:", "Range:", "Minimum:", "Weights:", "Reference:", "Example:", ">>>"]
    assert [part for part in parts if part not in text] == []
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_merged_parts_are_the_whole(name: str, video: list[Pixels]) -> None:
    whole = computed(load_metric(name)(), observed(video)).compute()
    parts = load_metric(name)(), load_metric(name)()
    for frame in observed(video):
        parts[frame.index >= 3].update(frame)
    parts[0].merge(parts[1])
    merged = parts[0].compute()
    assert merged.value == pytest.approx(whole.value, abs=1e-12)
    assert merged.n == whole.n
    assert merged.details.keys() == whole.details.keys()


@pytest.mark.parametrize("name", NAMES)
def test_reset_forgets_and_a_copy_goes_on(name: str, video: list[Pixels]) -> None:
    metric, copy = load_metric(name)(), load_metric(name)()
    for frame in observed(video):
        if frame.index == 4:
            copy = pickle.loads(pickle.dumps(metric))
        copy.update(frame)
        metric.update(frame)
    assert copy.compute() == metric.compute()
    metric.reset()
    with pytest.raises(TooFewSamplesError):
        metric.compute()


@pytest.mark.parametrize("name", NAMES)
def test_without_frames_there_is_a_reason_and_no_value(name: str) -> None:
    with pytest.raises(TooFewSamplesError, match="Expected a video of at least"):
        load_metric(name)().compute()


@pytest.mark.parametrize("name", NAMES)
def test_values_and_details_can_be_written_as_json(name: str, video: list[Pixels]) -> None:
    found = computed(load_metric(name)(), observed([video[0]] * 7)).compute()
    assert json.loads(json.dumps([found.value, found.details], allow_nan=False))[0] == found.value
    assert found.n > 0


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_not_changed(name: str, video: list[Pixels]) -> None:
    before = [frame.copy() for frame in video]
    computed(load_metric(name)(), observed(video)).compute()
    assert all(np.array_equal(one, two) for one, two in zip(before, video, strict=True))


def test_unknown_metric_names_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'ssim' or 'ms_ssim'"):
        load_metric("sim")


def test_metrics_are_found_by_category_and_name() -> None:
    assert [metric.name for metric in find_metrics(["full_reference"])] == ["psnr", "ssim", "ms_ssim", "vmaf"]
    assert [metric.name for metric in find_metrics(["no_reference"], ["ssim", "temporal_flicker"])] == [
        "temporal_flicker"
    ]
    assert len(find_metrics(["full_reference", "no_reference"])) == len(NAMES)


def test_name_that_is_taken_is_refused() -> None:
    with pytest.raises(DuplicateNameError, match="already registered by vmevalkit"):
        metrics().register("ssim", "x:y", origin="test")


def test_what_is_no_metric_is_refused() -> None:
    registry: Any = metrics()
    registry.register("no_metric", "vmevalkit.metrics.statistics:Mean", origin="test")
    try:
        with pytest.raises(TypeError, match="expected a subclass of Metric as no_metric"):
            load_metric("no_metric")
    finally:
        del registry._entries["no_metric"]
