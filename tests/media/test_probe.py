from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import UnreadableVideoError
from vmevalkit.media.probe import probe
from vmevalkit.media.sample import select_frames

FASTSTART = {"movflags": "faststart"}
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}


def test_tells_what_the_file_holds(make_clip: Callable[..., Path]) -> None:
    info = probe(make_clip(count=48, size=(128, 64)))
    assert (info.codec, info.pixel_format, info.width, info.height) == ("h264", "yuv420p", 128, 64)
    assert (info.frame_count, info.duration_seconds, info.fps) == (48, 2.0, 24.0)
    assert (info.rotation, info.variable_frame_rate, info.has_audio) == (0, False, False)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mkv", "libx264"), ("a.webm", "libvpx-vp9"), ("a.avi", "mpeg4"), ("a.mp4", "libx265")],
)
def test_counts_frames_in_other_containers_and_codecs(make_clip: Callable[..., Path], name: str, codec: str) -> None:
    options = {"log-level": "none"} if codec == "libx265" else {}
    info = probe(make_clip(name, 30, codec=codec, options=options))
    assert (info.frame_count, info.variable_frame_rate) == (30, False)
    assert info.duration_seconds == pytest.approx(30 / 24, abs=0.002)


def test_counts_the_frames_of_a_fragmented_file(make_clip: Callable[..., Path]) -> None:
    assert probe(make_clip(count=30, container=FRAGMENTED, options={"g": "10"})).frame_count == 30


def test_uneven_timing_is_noticed(uneven_clip: Path) -> None:
    info = probe(uneven_clip)
    assert info.variable_frame_rate
    assert info.duration_seconds == pytest.approx(48 * 0.1, abs=0.001)
    assert info.fps == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize(("rotation", "size"), [(0, (128, 64)), (90, (64, 128)), (180, (128, 64)), (270, (64, 128))])
def test_size_is_that_of_the_upright_picture(
    make_clip: Callable[..., Path], rotation: int, size: tuple[int, int]
) -> None:
    info = probe(make_clip(size=(128, 64), rotation=rotation))
    assert (info.rotation, info.width, info.height) == (rotation, *size)


def test_sound_is_noticed(tmp_path: Path) -> None:
    assert probe(_with_sound(tmp_path, pictures=True)).has_audio


def test_frames_that_an_edit_list_hides_are_not_counted(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    path = tmp_path / "edited.mp4"
    with av.open(str(make_clip(options={"bf": "0"}))) as source, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - 512 * 10, packet.dts - 512 * 10, stream
                output.mux(packet)
    with av.open(str(path)) as edited:
        shown = sum(1 for _ in edited.decode(video=0))
    assert probe(path).frame_count == shown == 38


def test_hidden_frames_of_vp8_are_not_counted(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    source, path = make_clip(count=60), tmp_path / "hidden.webm"
    command = f"{ffmpeg} -v error -y -i {source} -c:v libvpx -b:v 100k -auto-alt-ref 1 -lag-in-frames 25 -pass".split()
    subprocess.run([*command, "1", "-f", "null", "-"], cwd=tmp_path, check=True)
    subprocess.run([*command, "2", path], cwd=tmp_path, check=True)
    with av.open(str(path)) as container:
        assert sum(1 for packet in container.demux(video=0) if packet.size) > 60
    assert probe(path).frame_count == 60


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gone.mp4", None, "does not exist"),
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"no video at all\n" * 50, "not a video"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nclip.ts\n#EXT-X-ENDLIST\n", "not a video"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile clip.mp4\n", "not a video"),
    ],
)
def test_a_file_that_is_no_video_is_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableVideoError, match=reason) as caught:
        probe(path)
    assert caught.value.path == str(path)
    assert reason in caught.value.reason
    assert caught.value.expected
    assert caught.value.next_step


def test_a_folder_a_picture_and_a_sound_are_no_videos(tmp_path: Path) -> None:
    picture = tmp_path / "picture.mp4"
    Image.new("RGB", (8, 8)).save(picture, format="PNG")
    for path, reason in ((tmp_path, "folder"), (picture, "not a video"), (_with_sound(tmp_path), "sound")):
        with pytest.raises(UnreadableVideoError, match=reason):
            probe(path)


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [
        ("start.mp4", FASTSTART, "libx264"),
        ("end.mp4", {}, "libx264"),
        ("pieces.mp4", FRAGMENTED, "libx264"),
        ("a.mkv", {}, "libx264"),
        ("a.webm", {}, "libvpx-vp9"),
        ("a.avi", {}, "mpeg4"),
    ],
)
def test_a_file_that_was_cut_off_is_refused(
    make_clip: Callable[..., Path], name: str, container: dict[str, str], codec: str, kept: float
) -> None:
    path = make_clip(name, container=container, codec=codec, options={"g": "12"})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(UnreadableVideoError):
        probe(path)


@pytest.mark.parametrize("filler", [b"\0", b"\xa5"])
@pytest.mark.parametrize("keyframe_distance", ["10", "250"])
def test_a_file_that_ends_in_garbage_is_refused(
    make_clip: Callable[..., Path], filler: bytes, keyframe_distance: str
) -> None:
    path = make_clip(container=FASTSTART, options={"g": keyframe_distance})
    data = path.read_bytes()
    path.write_bytes(data[:-600] + filler * 600)
    with pytest.raises(UnreadableVideoError, match="frames were readable"):
        probe(path)
    assert probe(path, deep=False).frame_count == 48


def test_a_matroska_file_that_goes_on_as_garbage_is_refused(make_clip: Callable[..., Path]) -> None:
    path = make_clip("a.webm", codec="libvpx-vp9")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    with pytest.raises(UnreadableVideoError, match="frames are missing"):
        probe(path)


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "libx264"), ("a.webm", "libvpx-vp9")])
def test_a_cut_recording_of_unknown_length_is_refused(
    make_clip: Callable[..., Path], tmp_path: Path, name: str, codec: str
) -> None:
    recorded, whole = tmp_path / f"recorded-{name}", make_clip(name, codec=codec, options={"g": "12"})
    kind = {"a.mkv": "matroska", "a.webm": "webm"}[name]
    with (
        recorded.open("wb") as file,
        av.open(str(whole)) as source,
        av.open(_Pipe(file), "w", format=kind) as output,
    ):
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    data = recorded.read_bytes()
    assert b"\x18\x53\x80\x67\x01" + b"\xff" * 7 in data
    assert probe(recorded).frame_count == 48
    for missing in (1, 20, len(data) // 3, len(data) // 2):
        recorded.write_bytes(data[:-missing])
        with pytest.raises(UnreadableVideoError, match="cut off"):
            probe(recorded)


def test_a_gif_without_its_end_is_refused(make_clip: Callable[..., Path], tmp_path: Path) -> None:
    path, pictures = tmp_path / "a.gif", [Image.new("RGB", (16, 16), (20 * index, 0, 0)) for index in range(12)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    data = path.read_bytes()
    assert probe(path).frame_count == 12
    for missing in (1, 2, 30, len(data) // 2):
        path.write_bytes(data[:-missing])
        for read in (probe, select_frames):
            with pytest.raises(UnreadableVideoError, match="cut off"):
                read(path)


@pytest.mark.parametrize(("name", "codec"), [("a.ts", "libx264"), ("a.flv", "libx264"), ("a.mpg", "mpeg2video")])
def test_formats_that_do_not_tell_their_length_are_to_be_converted(
    make_clip: Callable[..., Path], name: str, codec: str
) -> None:
    with pytest.raises(UnreadableVideoError, match=rf"WebM, AVI or GIF.*ffmpeg -i {name} a-converted\.mp4"):
        probe(make_clip(name, 12, codec=codec))


def test_samples_beyond_the_end_are_missed_even_when_the_boxes_agree(make_clip: Callable[..., Path]) -> None:
    path = make_clip(container=FASTSTART)
    data = path.read_bytes()
    start = data.index(b"mdat") - 4
    shortened = (len(data) - start - 400).to_bytes(4, "big")
    path.write_bytes(data[:start] + shortened + data[start + 4 : -400])
    with pytest.raises(UnreadableVideoError, match=r"damaged|missing"):
        probe(path)


class _Pipe:
    """A file that can only be written on."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write


def _with_sound(folder: Path, *, pictures: bool = False) -> Path:
    path = folder / "sound.mp4"
    with av.open(str(path), "w") as output:
        sound = output.add_stream("aac", rate=48000)
        video = output.add_stream("libx264", rate=24) if pictures else None
        if video:
            video.width = video.height = 64
            output.mux(video.encode(av.VideoFrame(64, 64, "yuv420p")))
            output.mux(video.encode())
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        output.mux(sound.encode(frame))
        output.mux(sound.encode())
    return path
