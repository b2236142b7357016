import subprocess
import sys

BREAKS_ONNX_RUNTIME = """
import numpy
import pythia.gst
import onnxruntime

try:
    onnxruntime.InferenceSession(b"not a model", providers=["CPUExecutionProvider"])
except Exception as error:
    print(type(error).__name__)
"""


def test_an_error_inside_onnx_runtime_does_not_abort_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BREAKS_ONNX_RUNTIME], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "InvalidProtobuf"
