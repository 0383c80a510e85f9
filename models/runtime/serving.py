"""The one place that decides what a net runs in: OpenVINO on the CPU, PyTorch on CUDA."""

from pathlib import Path

from models.registry import Card, load_net
from models.runtime import Device, Net
from models.runtime.openvino_runtime import batched_net, sized_net


def serving_net(card: Card, folder: Path, device: Device, threads: int) -> Net:
    """A net in service, its weights checked.

    Nets of face chips take any number at a time. Those of whole photos take all sizes, and compute in fewer bits.

    Args:
        card: of the net.
        folder: of converted and exported weights.
        device: where it runs.
        threads: of the processor that it may use.

    Raises:
        WeightsError: weights are missing, or not the ones on the card.
        RuntimeError: CUDA is asked for and not there.
    """
    of_photos = card.preprocessing.crop == "photo"
    if device == "cpu":
        return (sized_net if of_photos else batched_net)(card, folder, threads)
    from models.runtime.torch_runtime import require_cuda, torch_net  # noqa: PLC0415 - see `models.registry.load_net`

    return torch_net(load_net(card, folder), require_cuda(), half=of_photos)
