"""The stub of cuda-python says that there is no device."""

from pythia.compat.cuda import cuda, cudart


def test_starting_the_driver_fails_without_an_exception() -> None:
    (result,) = cuda.cuInit(0)

    assert result != cuda.CUresult.CUDA_SUCCESS
    assert result is cuda.CUresult.CUDA_ERROR_NO_DEVICE


def test_no_device_is_counted_and_none_is_integrated() -> None:
    counted, devices = cuda.cuDeviceGetCount()
    found, properties = cudart.cudaGetDeviceProperties(0)

    assert counted != cuda.CUresult.CUDA_SUCCESS
    assert devices == 0
    assert found != cudart.cudaError_t.cudaSuccess
    assert properties.integrated == 0
    assert cudart.cudaGetDeviceCount() == (cudart.cudaError_t.cudaErrorNoDevice, 0)
