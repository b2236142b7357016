"""Small video files, made by GStreamer."""

from __future__ import annotations

from pathlib import Path

from pythia.gst import Gst

FRAMES = 12
FPS = 30
_ENCODED = (
    f"videotestsrc num-buffers={FRAMES} pattern=ball ! video/x-raw,format=I420,width=64,"
    f"height=48,framerate={FPS}/1 ! x264enc speed-preset=ultrafast bframes=2 key-int-max=4 "
    "threads=1"
)
_SOUND = "audiotestsrc num-buffers=17 ! avenc_aac"
_PICTURE = "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48"
TEXTS = {
    "video.mp4": f"{_ENCODED} ! mp4mux ! {{sink}}",
    "video.mkv": f"{_ENCODED} ! matroskamux ! {{sink}}",
    "video.h264": f"{_ENCODED} ! video/x-h264,stream-format=byte-stream ! {{sink}}",
    "av.mp4": f"{_ENCODED} ! mp4mux name=m ! {{sink}} {_SOUND} ! m.",
    "sound.mp4": f"{_SOUND} ! mp4mux ! {{sink}}",
    "picture.jpg": f"{_PICTURE} ! jpegenc ! {{sink}}",
    "picture.png": f"{_PICTURE} ! videoconvert ! pngenc ! {{sink}}",
}


def small_video(folder: Path, name: str) -> Path:
    """One of :data:`TEXTS` as a file; made if it is not there yet."""
    file = folder / name
    if not file.exists():
        sink = f"filesink location={file}"
        pipeline = Gst.parse_launch(TEXTS[name].format(sink=sink))
        pipeline.set_state(Gst.State.PLAYING)
        bus = pipeline.get_bus()
        assert bus is not None
        ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
        message = bus.timed_pop_filtered(20 * Gst.SECOND, ends)
        pipeline.set_state(Gst.State.NULL)
        assert message is not None
        assert message.type == Gst.MessageType.EOS, message.parse_error()
    return file
