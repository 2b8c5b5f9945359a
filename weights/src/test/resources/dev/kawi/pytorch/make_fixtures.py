"""Writes zip.bin and legacy.bin beside this file; made with PyTorch 1.13.1 (Debian: python3-torch).

The same state dict in both formats: element i of a tensor (row-major) is first + i / 4.
"""

import collections
import pathlib

import torch

HERE = pathlib.Path(__file__).parent


def counted(first, *shape, dtype=torch.float32):
    elements = torch.Size(shape).numel()
    return (first + torch.arange(elements, dtype=torch.float32) / 4).reshape(shape).to(dtype)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.f32 = torch.nn.Parameter(counted(1, 3, 4))
        self.f16 = torch.nn.Parameter(counted(2, 5, dtype=torch.float16))
        self.register_buffer("position_ids", torch.arange(6).reshape(1, 6))


state = Model().state_dict()
state["parameter"] = torch.nn.Parameter(counted(3, 2, 2))  # not detached, as some publishers do
state["bf16"] = counted(4, 3, 3, dtype=torch.bfloat16)
state["scalar"] = counted(5)
state["empty"] = torch.zeros(0, 4)
state["transposed"] = counted(6, 3, 4).t().contiguous().t()
state["three"] = counted(7, 2, 3, 4).permute(2, 0, 1).contiguous().permute(1, 2, 0)
shared = counted(8, 4, 4)
state["whole"] = shared
state["rows"] = shared[1:3]
state["column"] = shared[:, 2]
state["tied"] = state["f32"]
state["expanded"] = torch.full((1, 1), 9.0).expand(2, 3)
state["mask"] = torch.tensor([True, False])
state["epochs"] = 7
assert isinstance(state, collections.OrderedDict)
torch.save(state, HERE / "zip.bin")
torch.save(state, HERE / "legacy.bin", _use_new_zipfile_serialization=False)
