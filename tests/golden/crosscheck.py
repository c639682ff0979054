#!/usr/bin/env python3
"""Recomputes the golden logits in plain numpy, and tests that they are telling.

    python crosscheck.py            # needs numpy and gguf only

Shares no code with transformers or PyTorch: it reads config.json and the
safetensors files with its own few lines, the GGUF files with the reader of the
`gguf` package, and runs the forward pass in float64, one attention head at a
time. For each model it also damages one thing after another (drops a bias, a
norm, a rotary scaling, pairs the wrong elements, ...) and requires that the
logits then differ visibly; otherwise the model would be no test for that part.
"""

import dataclasses
import json
import math
import sys
from pathlib import Path

import gguf
import numpy as np

AGREE = 1e-10    # independent forward passes on the same weights
AGREE_F32 = 1e-5  # ... where GGUF holds rotary factors in float32
VISIBLE = 1e-3   # least effect of leaving out a part


def difference(a, b):
    """Largest absolute difference over the root mean square of b."""
    return float(np.max(np.abs(a - b)) / np.sqrt(np.mean(np.square(b))))


def read_safetensors(path):
    """All tensors of one file; bfloat16 and float16 are widened exactly."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = data[8 + length + begin:8 + length + end]
        if entry["dtype"] == "BF16":
            x = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            x = np.frombuffer(raw, {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8",
                                    "I16": "<i2", "U8": "u1"}[entry["dtype"]])
        tensors[name] = x.reshape(entry["shape"])
    return tensors


@dataclasses.dataclass
class Model:
    """What the forward pass needs; weights are [out, in] under GGUF names."""
    weights: dict
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    eps: float
    gpt2: bool
    theta: float = 0.0
    divisors: np.ndarray | None = None  # of the rotary frequencies
    adjacent: bool = False              # rotary pairs (2i, 2i+1), else (i, i + dim/2)
    # For damaging the model only:
    exact_gelu: bool = False
    kv_modulo: bool = False
    scale_dim: int = 0
    swap_qkv: bool = False


def from_checkpoint(directory, config_file="config.json"):
    config = json.loads((directory / config_file).read_text())
    weights = {}
    for file in sorted(directory.glob("model*.safetensors")):
        weights |= read_safetensors(file)
    index = directory / "model.safetensors.index.json"
    if index.exists():
        for name, file in json.loads(index.read_text())["weight_map"].items():
            assert name in read_safetensors(directory / file)
    gpt2 = config["model_type"] == "gpt2"
    rename = {
        "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
        "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down", "wte": "token_embd", "wpe": "position_embd",
        "ln_1": "attn_norm", "ln_2": "ffn_norm", "ln_f": "output_norm", "attn.c_attn": "attn_qkv",
        "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
    named = {}
    for name, x in weights.items():
        if name.endswith(".attn.bias"):
            continue  # the causal mask of published GPT-2 files
        module, part = name.removeprefix("transformer.").rsplit(".", 1)
        if gpt2 and part == "weight" and ".c_" in "." + module:
            x = x.T
        prefix = ""
        if module.startswith(("model.layers.", "h.")):
            number, module = module.removeprefix("model.layers.").removeprefix("h.").split(".", 1)
            prefix = f"blk.{number}."
        named[f"{prefix}{rename[module]}.{part}"] = x.astype(np.float64)
    if gpt2:
        heads = config["n_head"]
        return Model(named, config["n_layer"], heads, heads, config["n_embd"] // heads,
                     config["layer_norm_epsilon"], True)
    heads = config["num_attention_heads"]
    dim = config.get("head_dim", config["hidden_size"] // heads)
    rope = config.get("rope_parameters") or {"rope_theta": config["rope_theta"],
                                             **(config.get("rope_scaling") or {})}
    divisors = None
    if rope.get("rope_type") == "llama3":
        divisors = np.ones(dim // 2)
        for i in range(dim // 2):
            wavelength = 2 * math.pi * rope["rope_theta"] ** (2 * i / dim)
            original = rope["original_max_position_embeddings"]
            low, high = rope["low_freq_factor"], rope["high_freq_factor"]
            if wavelength > original / low:
                divisors[i] = rope["factor"]
            elif wavelength >= original / high:
                blend = (original / wavelength - low) / (high - low)
                divisors[i] = 1 / ((1 - blend) / rope["factor"] + blend)
    return Model(named, config["num_hidden_layers"], heads, config["num_key_value_heads"], dim,
                 config["rms_norm_eps"], False, rope["rope_theta"], divisors)


def from_gguf(path):
    reader = gguf.GGUFReader(path)
    field = lambda key, default=None: (reader.fields[key].contents() if key in reader.fields else default)
    weights = {}
    for t in reader.tensors:
        # t.shape is in file order, innermost dimension first.
        shape = [int(n) for n in reversed(t.shape)]
        weights[t.name] = gguf.quants.dequantize(t.data, t.tensor_type).reshape(shape).astype(np.float64)
    arch = field("general.architecture")
    heads = field(f"{arch}.attention.head_count")
    if arch == "gpt2":
        return Model(weights, field("gpt2.block_count"), heads, heads,
                     field("gpt2.embedding_length") // heads,
                     field("gpt2.attention.layer_norm_epsilon"), True)
    divisors = weights.pop("rope_freqs.weight", None)
    return Model(weights, field(f"{arch}.block_count"), heads, field(f"{arch}.attention.head_count_kv"),
                 field(f"{arch}.attention.key_length", field(f"{arch}.embedding_length") // heads),
                 field(f"{arch}.attention.layer_norm_rms_epsilon"), False,
                 field(f"{arch}.rope.freq_base"), divisors, adjacent=arch == "llama")


def forward(m, tokens):
    w = m.weights

    def norm(x, name):
        if m.gpt2:
            x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt(np.mean(x * x, -1, keepdims=True) + m.eps)
        return x * w[f"{name}.weight"] + w.get(f"{name}.bias", 0.0)

    def linear(x, name):
        return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", 0.0)

    def rotate(x):  # [token, head_dim]
        if m.gpt2:
            return x
        half = m.head_dim // 2
        frequency = np.array([m.theta ** (-2 * i / m.head_dim) for i in range(half)])
        if m.divisors is not None:
            frequency = frequency / m.divisors
        angle = np.outer(np.arange(len(x)), frequency)
        first, second = ((slice(0, None, 2), slice(1, None, 2)) if m.adjacent
                         else (slice(0, half), slice(half, None)))
        y = np.empty_like(x)
        y[:, first] = x[:, first] * np.cos(angle) - x[:, second] * np.sin(angle)
        y[:, second] = x[:, second] * np.cos(angle) + x[:, first] * np.sin(angle)
        return y

    def attention(x, block):
        if m.gpt2:
            q, k, v = np.split(linear(x, f"{block}.attn_qkv"), 3, axis=-1)
            if m.swap_qkv:
                q, k = k, q
        else:
            q, k, v = (linear(x, f"{block}.attn_{part}") for part in "qkv")
        out = np.empty((len(x), m.heads * m.head_dim))
        for h in range(m.heads):
            g = h % m.kv_heads if m.kv_modulo else h // (m.heads // m.kv_heads)
            mine, theirs = (slice(i * m.head_dim, (i + 1) * m.head_dim) for i in (h, g))
            keys = rotate(k[:, theirs])
            for t, query in enumerate(rotate(q[:, mine])):
                score = keys[:t + 1] @ query / math.sqrt(m.scale_dim or m.head_dim)
                weight = np.exp(score - score.max())
                out[t, mine] = weight / weight.sum() @ v[:t + 1, theirs]
        return linear(out, f"{block}.attn_output")

    def gelu(x):
        if m.exact_gelu:
            return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))

    logits = []
    for sequence in tokens:
        x = w["token_embd.weight"][sequence]
        if m.gpt2:
            x = x + w["position_embd.weight"][:len(sequence)]
        for i in range(m.layers):
            b = f"blk.{i}"
            x = x + attention(norm(x, f"{b}.attn_norm"), b)
            y = norm(x, f"{b}.ffn_norm")
            if m.gpt2:
                y = gelu(linear(y, f"{b}.ffn_up"))
            else:
                gate = linear(y, f"{b}.ffn_gate")
                y = gate / (1 + np.exp(-gate)) * linear(y, f"{b}.ffn_up")
            x = x + linear(y, f"{b}.ffn_down")
        head = w.get("output.weight", w["token_embd.weight"])
        logits.append(norm(x, "output_norm") @ head.T)
    return np.array(logits)


def damages(m, config):
    """(description, damaged model, least visible effect)"""
    change = lambda **values: dataclasses.replace(m, **values)
    for name, x in m.weights.items():
        if name.endswith(".bias"):
            neutral = np.zeros_like(x)
        elif "_norm" in name:
            neutral = np.ones_like(x)
        elif name == "position_embd.weight":
            neutral = np.zeros_like(x)
        else:
            neutral = x * 1.05
        yield f"without {name}" if neutral.ndim == 1 else f"changed {name}", \
            change(weights=m.weights | {name: neutral}), VISIBLE
    for name, x in m.weights.items():  # the three parts of a fused bias, one by one
        if name.endswith("attn_qkv.bias"):
            for part, letter in enumerate("qkv"):
                y = np.split(x.copy(), 3)
                y[part] = y[part] * 0
                # A bias on the keys shifts all scores of a query alike, so
                # without rotary positions softmax removes it entirely.
                yield f"without {letter} of {name}", \
                    change(weights=m.weights | {name: np.concatenate(y)}), 0.0 if letter == "k" else VISIBLE
    yield "ten times eps", change(eps=10 * m.eps), 1e-5
    if "output.weight" in m.weights:
        yield "tied output", change(weights={k: v for k, v in m.weights.items() if k != "output.weight"}), VISIBLE
    if m.gpt2:
        yield "exact gelu", change(exact_gelu=True), 1e-5
        yield "q and k swapped", change(swap_qkv=True), VISIBLE
    else:
        yield "other rotary pairing", change(adjacent=not m.adjacent), VISIBLE
        yield "theta up 1%", change(theta=1.01 * m.theta), 1e-4
        yield "theta 10000", change(theta=10000.0), 0.0 if m.theta == 10000.0 else VISIBLE
        yield "no positions", change(divisors=np.full(m.head_dim // 2, np.inf)), VISIBLE
        if m.divisors is not None:
            yield "no rotary scaling", change(divisors=None), VISIBLE
            yield "linear scaling", change(divisors=np.full(m.head_dim // 2, m.divisors.max())), VISIBLE
            stepped = np.where((m.divisors > 1) & (m.divisors < m.divisors.max()), 1.0, m.divisors)
            yield "no interpolated band", change(divisors=stepped), VISIBLE
    if m.heads != m.kv_heads and m.kv_heads > 1:
        yield "key heads dealt in turn", change(kv_modulo=True), VISIBLE
    hidden = m.weights["token_embd.weight"].shape[1]
    if m.head_dim != hidden // m.heads:
        yield "scale of hidden/heads", change(scale_dim=hidden // m.heads), VISIBLE


def check_model(directory):
    expected = read_safetensors(directory / "expected.safetensors")
    tokens, logits = expected["tokens"], expected["logits"]
    model = from_checkpoint(directory)
    error = difference(forward(model, tokens), logits)
    assert error < AGREE, (directory, error)
    print(f"{directory.name}: logits rms {np.sqrt(np.mean(logits ** 2)):.3f}")
    print(f"  checkpoint      {error:.1e}")
    if (directory / "config.rope_parameters.json").exists():
        error = difference(forward(from_checkpoint(directory, "config.rope_parameters.json"), tokens), logits)
        assert error < AGREE
        print(f"  other config    {error:.1e}")
    for path in sorted(directory.glob("*.gguf")):
        suffix = path.stem.removeprefix("model")
        wanted = read_safetensors(directory / f"expected{suffix}.safetensors")
        assert np.array_equal(wanted["tokens"], tokens)
        packed = from_gguf(path)
        error = difference(forward(packed, tokens), wanted["logits"])
        # GGUF rounds epsilon and rotary factors to float32.
        assert error < AGREE_F32, (path, error)
        print(f"  {path.name:15} {error:.1e}")
    # Without the reordering of Q and K, or with it undone, must be visible.
    packed = from_gguf(directory / "model.gguf")
    if packed.adjacent:
        wrong = difference(forward(dataclasses.replace(packed, adjacent=False), tokens), logits)
        assert wrong > VISIBLE
    config = json.loads((directory / "config.json").read_text())
    effects = []
    for what, damaged, least in damages(model, config):
        effect = difference(forward(damaged, tokens[:1]), logits[:1])
        assert effect > least or (least == 0.0 and effect < 1e-10), (directory.name, what, effect)
        if least > 0.0:
            effects.append((effect, what))
    print(f"  {len(effects)} damages, the least visible:")
    for effect, what in sorted(effects)[:4]:
        print(f"    {effect:.1e} {what}")


def check_blocks(root):
    """Decodes the packed rows from the description of the formats."""
    q = read_safetensors(root / "quantisation.safetensors")
    x = q["input"]
    blocks = q["q8_0_bytes"].reshape(-1, 34)
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    y8 = (scale * np.ascontiguousarray(blocks[:, 2:]).view(np.int8)).reshape(x.shape)
    blocks = q["q4_0_bytes"].reshape(-1, 18)
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    codes = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.int8) - 8
    y4 = (scale * codes).reshape(x.shape)
    assert np.array_equal(y8, q["q8_0_dequantised"]) and np.array_equal(y4, q["q4_0_dequantised"])
    print("quantised blocks decode to the same float32 values")


def check_operators(root):
    """The single operators from their textbook formulas."""
    o = {k: v.astype(np.float64) for k, v in read_safetensors(root / "operators.safetensors").items()}
    ours = {}
    x = o["rms_norm.input"]
    ours["rms_norm.output"] = o["rms_norm.weight"] * x / np.sqrt(np.mean(x * x, 1, keepdims=True) + o["rms_norm.eps"])
    x = o["layer_norm.input"] - o["layer_norm.input"].mean(1, keepdims=True)
    ours["layer_norm.output"] = (x / np.sqrt(np.mean(x * x, 1, keepdims=True) + o["layer_norm.eps"])
                                 * o["layer_norm.weight"] + o["layer_norm.bias"])
    x = np.exp(o["softmax.input"] - o["softmax.input"].max(1, keepdims=True))
    ours["softmax.output"] = x / x.sum(1, keepdims=True)
    ours["silu_mul.output"] = o["silu_mul.gate"] / (1 + np.exp(-o["silu_mul.gate"])) * o["silu_mul.up"]
    x = o["gelu_tanh.input"]
    ours["gelu_tanh.output"] = x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    x = o["gelu_erf.input"]
    ours["gelu_erf.output"] = x / 2 * np.vectorize(math.erfc)(-x / math.sqrt(2))
    for pairing, step in (("halves", 8), ("adjacent", 1)):
        x, y = o[f"rope_{pairing}.input"], np.zeros((7, 3, 16))
        for t, p in enumerate(o[f"rope_{pairing}.positions"]):
            for i in range(8):
                a = i if pairing == "halves" else 2 * i
                angle = p * o[f"rope_{pairing}.theta"][0] ** (-2 * i / 16)
                c, s = math.cos(angle), math.sin(angle)
                y[t, :, a] = x[t, :, a] * c - x[t, :, a + step] * s
                y[t, :, a + step] = x[t, :, a] * s + x[t, :, a + step] * c
        ours[f"rope_{pairing}.output"] = y
    r = {k.removeprefix("rope_llama3."): v[0] for k, v in o.items() if k.startswith("rope_llama3.")}
    frequency = r["rope_theta"] ** (-np.arange(64) / 64)
    turns = r["original_max_position_embeddings"] * frequency / (2 * math.pi)
    keep = np.clip((turns - r["low_freq_factor"]) / (r["high_freq_factor"] - r["low_freq_factor"]), 0, 1)
    ours["rope_llama3.output"] = frequency * (keep + (1 - keep) / r["factor"])
    q, k, v = (o[f"attention.{part}"] for part in ("query", "key", "value"))
    y = np.zeros(q.shape)
    for t in range(5):
        for h in range(4):
            w = np.exp(k[:12 + t, h // 2] @ q[t, h] / 4)
            y[t, h] = w / w.sum() @ v[:12 + t, h // 2]
    ours["attention.output"] = y
    ours["matmul.output"] = np.einsum("ti,oi->to", o["matmul.input"], o["matmul.weight"])
    ours["matmul.output_biased"] = ours["matmul.output"] + o["matmul.bias"]
    assert set(ours) == {k for k in o if ".output" in k}
    errors = {k: difference(v, o[k]) for k, v in ours.items()}
    assert max(errors.values()) < 1e-12, errors
    print(f"{len(errors)} operator results agree to {max(errors.values()):.1e}")


def check(root):
    for directory in sorted((root / "models").iterdir()):
        check_model(directory)
    check_blocks(root)
    check_operators(root)


if __name__ == "__main__":
    check(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
