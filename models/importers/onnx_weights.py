"""ONNX files: the named arrays of a graph.

The package onnx is 27 MB, to read four kinds of field. Protocol Buffers, on which ONNX rests and which is here anyway,
reads them from a description of just these.

Source of the field numbers: onnx.proto3, https://github.com/onnx/onnx
"""

from functools import cache
from typing import Any, Final

import numpy as np
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from numpy.typing import NDArray

_FLOAT32: Final = 1
_INT64: Final = 7

_PACKAGE: Final = "onnx_weights"


def _field(name: str, number: int, kind: "FieldDescriptorProto.Type.ValueType") -> FieldDescriptorProto:
    return FieldDescriptorProto(name=name, number=number, type=kind, label=FieldDescriptorProto.LABEL_OPTIONAL)


def _many(field: FieldDescriptorProto) -> FieldDescriptorProto:
    field.label = FieldDescriptorProto.LABEL_REPEATED
    return field


def _message(name: str, number: int, message: str) -> FieldDescriptorProto:
    field = _field(name, number, FieldDescriptorProto.TYPE_MESSAGE)
    field.type_name = f".{_PACKAGE}.{message}"
    return field


def read_weights(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Arrays of 32-bit floats by name; whole numbers, which say how to pad or reshape, are left out.

    Raises:
        ValueError: this is no ONNX file, or it holds arrays of another type.
    """
    model = _model()()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise ValueError("this is no ONNX file") from error
    weights: dict[str, NDArray[np.float32]] = {}
    for tensor in model.graph.initializer:
        if tensor.data_type == _INT64:
            continue
        if tensor.data_type != _FLOAT32:
            raise ValueError(f"{tensor.name} is not of 32-bit floats")
        weights[tensor.name] = np.frombuffer(tensor.raw_data, "<f4").reshape(tuple(tensor.dims)).copy()
    if not weights:
        raise ValueError("this is no ONNX file with weights")
    return weights


@cache
def _model() -> Any:
    """The class of an ONNX file's message, made at run time."""
    messages = {
        "Tensor": [
            _many(_field("dims", 1, FieldDescriptorProto.TYPE_INT64)),
            _field("data_type", 2, FieldDescriptorProto.TYPE_INT32),
            _field("name", 8, FieldDescriptorProto.TYPE_STRING),
            _field("raw_data", 9, FieldDescriptorProto.TYPE_BYTES),
        ],
        "Graph": [_many(_message("initializer", 5, "Tensor"))],
        "Model": [_message("graph", 7, "Graph")],
    }
    file = FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in messages.items():
        file.message_type.add(name=name, field=fields)
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Model"))
