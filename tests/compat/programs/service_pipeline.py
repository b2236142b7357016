"""A program of pyservicemaker, node by node or from a file, in a process of its own."""
# mypy: ignore-errors

import sys
from multiprocessing import Process

from pyservicemaker import BatchMetadataOperator, Pipeline, Probe, osd


class Marker(BatchMetadataOperator):
    def __init__(self):
        super().__init__()
        self.frames = 0
        self.labels = {}

    def handle_metadata(self, batch_meta):
        for frame in batch_meta.frame_items:
            found = 0
            for thing in frame.object_items:
                found += 1
                self.labels[thing.label] = self.labels.get(thing.label, 0) + 1
                thing.rect_params.border_color = osd.Color(0.0, 0.0, 1.0, 1.0)
            self.frames += 1
            note = osd.Text()
            note.display_text = f"{found} things".encode("ascii")
            note.x_offset, note.y_offset = 10, 12
            note.font.name = osd.FontFamily.Serif
            note.font.size = 12
            display = batch_meta.acquire_display_meta()
            display.add_text(note)
            frame.append(display)


def main(source, config):
    marker = Marker()
    if source.endswith(".yaml"):
        pipeline = Pipeline("mine", source)
        pipeline["pgie"].set({"config-file-path": config})
    else:
        pipeline = (
            Pipeline("mine")
            .add("nvurisrcbin", "src", {"uri": source})
            .add("nvstreammux", "mux", {"batch-size": 1, "width": 1280, "height": 720})
            .add("nvinfer", "pgie", {"config-file-path": config})
            .add("nvosdbin", "osd")
            .add("nveglglessink", "sink", {"sync": False})
            .link(("src", "mux"), ("", "sink_%u"))
            .link("mux", "pgie", "osd", "sink")
        )
    pipeline.attach("pgie", Probe("marker", marker)).start().wait()
    print(marker.frames, "frames", sorted(marker.labels), flush=True)


if __name__ == "__main__":
    process = Process(target=main, args=tuple(sys.argv[1:]))
    try:
        process.start()
        process.join()
    except KeyboardInterrupt:
        process.terminate()
    sys.exit(process.exitcode)
