import torch

from models.training.throughput import measure_all


def test_every_combination_is_measured() -> None:
    found = list(measure_all(["multitask_small_025"], [2, 4], torch.device("cpu"), seconds=0))
    assert len({(each.batch_size, each.bf16, each.channels_last) for each in found}) == len(found) == 8
    assert all(each.faces_per_s > 0 for each in found)
