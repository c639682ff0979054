#!/usr/bin/env python3
"""Writes k-quants.safetensors: Q4_K and Q6_K blocks, by software that is not part of this project.

    python -m venv /tmp/golden && . /tmp/golden/bin/activate
    pip install gguf==0.19.0 numpy safetensors
    python generate_k_quants.py --ggml .../libggml-base.so

The `gguf` package decodes blocks of random bytes. It cannot encode these types, so ggml itself does
that: `ggml_quantize_chunk` without an importance matrix, from a llama.cpp that was built with
-DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=OFF. Without --ggml those bytes are taken from the file that is
there. README.md in this directory describes every tensor.
"""

import argparse
import ctypes
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).resolve().parent
FILE = HERE / "k-quants.safetensors"
Q = gguf.GGMLQuantizationType
TYPES = {"q4_k": (Q.Q4_K, 144, (0, 2)), "q6_k": (Q.Q6_K, 210, (208,))}  # bytes, offsets of float16


def blocks_to_decode(r, size, halves):
    """Random bytes. A third of the scales are ordinary, a third any bits at all, the rest special."""
    specials = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00]
    blocks = r.integers(0, 256, (30, size), dtype=np.uint8)
    blocks[28], blocks[29] = 0, 255
    for i in range(30):
        for offset in halves:
            if i < 10 or i >= 28:
                bits = int(np.float16(r.standard_normal() * 10.0 ** r.uniform(-4, 1)).view(np.uint16))
            elif i < 20:
                continue
            else:
                bits = specials[(i - 20 + offset) % len(specials)]
            blocks[i, offset], blocks[i, offset + 1] = bits & 255, bits >> 8
    return blocks


def rows_to_encode(r):
    x = np.zeros((32, 256), dtype=np.float32)
    x[:12] = r.standard_normal((12, 256)) * 0.02            # as weights are
    x[12:16] = r.laplace(size=(4, 256)) * 0.02              # long tails
    x[16:18] = r.standard_t(3, size=(2, 256)) * 0.02        # outliers
    x[18] = np.abs(r.standard_normal(256))                  # positive only
    x[19] = -np.abs(r.standard_normal(256))                 # negative only
    x[20] = r.uniform(0.5, 0.6, 256)                        # far from zero, narrow
    x[21] = r.uniform(-0.6, -0.5, 256)
    x[22] = r.uniform(-1, 1, 256)
    # x[23] stays zero
    x[24] = 0.75                                            # constant
    x[25] = -0.75
    x[26, ::32] = r.standard_normal(8)                      # one value a sub-block
    x[27] = r.standard_normal(256) * np.repeat(10.0 ** r.uniform(-3, 1, 8), 32)  # scales apart
    x[28] = np.sign(r.standard_normal(256)) * 0.1           # two values
    x[29] = r.standard_normal(256) * 1e-5                   # subnormal float16 scales
    x[30] = r.standard_normal(256) * 1e-30                  # scales that round to zero
    x[31] = r.standard_normal(256) * 1e5
    return x


def main():
    parser = argparse.ArgumentParser(description="Writes k-quants.safetensors.")
    parser.add_argument("--ggml", type=Path, help="libggml-base.so of a llama.cpp build")
    parser.add_argument("--output", type=Path, default=FILE)
    options = parser.parse_args()
    ggml = ctypes.CDLL(str(options.ggml)) if options.ggml else None
    if ggml:
        ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
        ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + \
            [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    known = {} if ggml else load_file(FILE)

    r = np.random.default_rng(20261121)
    x = rows_to_encode(r)
    out = {"input": x}
    for name, (qtype, size, halves) in TYPES.items():
        blocks = blocks_to_decode(r, size, halves)
        out[f"{name}_bytes"] = blocks
        with np.errstate(all="ignore"):
            out[f"{name}_dequantised"] = gguf.quants.dequantize(blocks, qtype)
        if ggml:
            packed = np.zeros((len(x), size), dtype=np.uint8)
            written = ggml.ggml_quantize_chunk(int(qtype), x.ctypes.data, packed.ctypes.data, 0,
                                               len(x), 256, None)
            assert written == packed.size
        else:
            packed = known[f"{name}_ggml_bytes"]
        out[f"{name}_ggml_bytes"] = packed
        out[f"{name}_ggml_dequantised"] = gguf.quants.dequantize(packed, qtype)
    save_file(out, options.output)


if __name__ == "__main__":
    main()
