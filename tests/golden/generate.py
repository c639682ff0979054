#!/usr/bin/env python3
"""Writes the golden files of this directory: small models, inputs and results.

Everything here comes from software that is not part of this project: the
logits from Hugging Face `transformers`, the GGUF files and quantised blocks
from the `gguf` package, the single operators from PyTorch. The weights are
random, drawn from fixed seeds.

    python -m venv /tmp/golden && . /tmp/golden/bin/activate
    pip install -r requirements.txt
    python generate.py              # rewrites the files next to this script
    python generate.py --check      # generates elsewhere and compares hashes

The logits are computed in float64 from the weights as stored, by the model
that transformers itself loads from the written directory. Three places in
transformers narrow to float32 whatever the dtype of the model (RMS norm,
softmax, rotary angles); `Float64Everywhere` below widens them, and refuses
to go on if any float32 tensor is still produced on the way.

README.md in this directory describes every file and tensor.
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
import zlib
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import gguf
import numpy as np
import torch
import torch.nn.functional as F
import transformers
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import load_file as load_torch
from safetensors.torch import save_file as save_torch
from torch.overrides import TorchFunctionMode

import crosscheck

HERE = Path(__file__).resolve().parent
BATCH, LENGTH = 2, 40
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
Q = gguf.GGMLQuantizationType


def generator(*key):
    """A random generator that depends on the key only, not on call order."""
    return np.random.default_rng([zlib.crc32(str(part).encode()) for part in key])


# --------------------------------------------------------------------------
# The models
# --------------------------------------------------------------------------
# Each entry is the config.json as it goes to disk. The key spellings follow
# published checkpoints: `rope_theta` and `rope_scaling` side by side with
# `torch_dtype` everywhere but in "llama-blocks", which has what current
# transformers versions write (`rope_parameters`, `dtype`).

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "initializer_range": 0.02,
    "model_type": "llama",
    "pretraining_tp": 1,
    "use_cache": True,
}

MODELS = {
    # Grouped heads (two query heads for each key head), untied, one file.
    "llama": LLAMA | {
        "hidden_size": 64,
        "intermediate_size": 96,
        "max_position_embeddings": 128,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-05,
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "transformers_version": "4.40.0",
        "vocab_size": 97,
    },
    # Frequency-dependent rotary scaling. With 64 original positions and a
    # head of 16 the eight frequencies fall into all three bands: the first is
    # kept, the second interpolated, the rest divided by the factor.
    "llama3": LLAMA | {
        "bos_token_id": 158,
        "eos_token_id": [159, 157],
        "head_dim": 16,
        "hidden_size": 64,
        "intermediate_size": 128,
        "max_position_embeddings": 512,
        "mlp_bias": False,
        "num_attention_heads": 4,
        "num_hidden_layers": 3,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {
            "factor": 8.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 64,
            "rope_type": "llama3",
        },
        "rope_theta": 500000.0,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.45.0.dev0",
        "vocab_size": 160,
    },
    # Biases on Q, K and V, six heads, tied; no head_dim and no rope_scaling.
    "qwen2": {
        "architectures": ["Qwen2ForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": 130,
        "eos_token_id": 130,
        "hidden_act": "silu",
        "hidden_size": 48,
        "initializer_range": 0.02,
        "intermediate_size": 80,
        "max_position_embeddings": 256,
        "max_window_layers": 2,
        "model_type": "qwen2",
        "num_attention_heads": 6,
        "num_hidden_layers": 2,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "sliding_window": 128,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "transformers_version": "4.40.1",
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": 131,
    },
    # The key set of the original GPT-2 checkpoint, which says nothing about
    # tying (it is tied) and has no n_inner.
    "gpt2": {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": 108,
        "embd_pdrop": 0.1,
        "eos_token_id": 108,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": 64,
        "n_embd": 48,
        "n_head": 3,
        "n_layer": 2,
        "n_positions": 64,
        "resid_pdrop": 0.1,
        "vocab_size": 109,
    },
    # As transformers saves it today: prefixed names, n_inner and torch_dtype.
    "gpt2-f16": {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "bos_token_id": 100,
        "eos_token_id": 100,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": 48,
        "n_embd": 32,
        "n_head": 2,
        "n_inner": None,
        "n_layer": 2,
        "n_positions": 48,
        "scale_attn_weights": True,
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
        "transformers_version": "4.57.0",
        "vocab_size": 101,
    },
    # All rows are multiples of 32, so they pack into Q8_0 and Q4_0 blocks.
    # One key head for four query heads, and a head size (32) that is not
    # hidden_size / num_attention_heads (16).
    "llama-blocks": LLAMA | {
        "dtype": "float32",
        "head_dim": 32,
        "hidden_size": 64,
        "intermediate_size": 96,
        "max_position_embeddings": 128,
        "mlp_bias": False,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "num_key_value_heads": 1,
        "rms_norm_eps": 1e-05,
        "rope_parameters": {"rope_theta": 50000.0, "rope_type": "default"},
        "tie_word_embeddings": False,
        "transformers_version": "5.0.0",
        "vocab_size": 96,
    },
}


def stored_dtype(config):
    return config.get("torch_dtype") or config.get("dtype") or "float32"


def draw(name, tensor, shape):
    """Random float32 values for one parameter.

    Norm weights scatter around one and biases around zero, both widely enough
    that leaving one out shows in the logits. Matrices keep activations near
    unit size; queries and keys are larger so that attention is far from
    uniform. Embeddings are small, which lets the epsilon of the first norm
    matter.
    """
    r = generator("model", name, tensor)
    x = r.standard_normal(shape)
    leaf = tensor.removesuffix(".weight").rsplit(".", 1)[-1]
    conv1d = leaf in ("c_attn", "c_fc", "c_proj")  # stored [in, out]
    if tensor.endswith(".bias"):
        x *= 0.4
    elif "norm" in leaf or leaf.startswith("ln_"):
        x = 1.0 + 0.25 * x
    elif leaf in ("embed_tokens", "wte", "wpe"):
        x *= 0.15
    else:
        fan_in = shape[0] if conv1d else shape[1]
        gain = {"q_proj": 1.3, "k_proj": 1.3, "c_attn": 1.2, "lm_head": 1.5}.get(leaf, 1.0)
        x *= gain / math.sqrt(fan_in)
    return torch.from_numpy(x.astype(np.float32))


def make_state(name, config):
    """State dict of the model as it is stored: no lm_head where it is tied."""
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(
            transformers.AutoConfig.for_model(**json.loads(json.dumps(config))))
    state = {}
    for tensor, parameter in model.named_parameters():  # tied ones come once
        state[tensor] = draw(name, tensor, tuple(parameter.shape)).to(DTYPES[stored_dtype(config)])
    assert ("lm_head.weight" in state) == (config.get("tie_word_embeddings") is False)
    return state


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def write_model(directory, name, config, state):
    directory.mkdir(parents=True)
    write_json(directory / "config.json", config)
    meta = {"format": "pt"}
    if name == "llama3":
        # Several shards and an index, split as save_pretrained would.
        split = split_torch_state_dict_into_shards(
            state, filename_pattern="model{suffix}.safetensors", max_shard_size=100_000)
        for file, tensors in split.filename_to_tensors.items():
            save_torch({t: state[t] for t in tensors}, directory / file, metadata=meta)
        write_json(directory / "model.safetensors.index.json", {
            "metadata": {"total_size": sum(t.nbytes for t in state.values())},
            "weight_map": dict(sorted(split.tensor_to_filename.items())),
        })
        # The same settings in the newer spelling, for a reader of configs.
        newer = {k: v for k, v in config.items()
                 if k not in ("rope_theta", "rope_scaling", "torch_dtype")}
        newer["dtype"] = config["torch_dtype"]
        newer["rope_parameters"] = config["rope_scaling"] | {"rope_theta": config["rope_theta"]}
        newer["transformers_version"] = "5.0.0"
        write_json(directory / "config.rope_parameters.json", newer)
    elif name == "gpt2":
        # The published file has no "transformer." prefix and carries the
        # causal mask of each layer as a tensor, which is not a bias.
        n = config["n_ctx"]
        bare = {t.removeprefix("transformer."): v for t, v in state.items()}
        for i in range(config["n_layer"]):
            bare[f"h.{i}.attn.bias"] = torch.tril(torch.ones(n, n)).reshape(1, 1, n, n)
        save_torch(bare, directory / "model.safetensors", metadata=meta)
    else:
        save_torch(state, directory / "model.safetensors", metadata=meta)


# --------------------------------------------------------------------------
# Logits from transformers, in float64 throughout
# --------------------------------------------------------------------------

class Float64Everywhere(TorchFunctionMode):
    """Turns every request for float32 into one for float64."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        wide = lambda v: torch.float64 if v is torch.float32 else v
        if func is torch.Tensor.float:
            func = torch.Tensor.double
        args = tuple(wide(a) for a in args)
        kwargs = {k: wide(v) for k, v in (kwargs or {}).items()}
        result = func(*args, **kwargs)
        for r in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(r, torch.Tensor) and r.is_floating_point() and r.dtype != torch.float64:
                raise AssertionError(f"{func} produced {r.dtype}")
        return result


def transformers_logits(directory, tokens, widen=True):
    """Logits [batch, length, vocab] of the model in `directory`."""
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager",
        output_loading_info=True)
    assert not info["missing_keys"] and not info["mismatched_keys"], info
    assert not [k for k in info["unexpected_keys"] if not k.endswith(".attn.bias")], info
    model.eval()
    tokens = torch.from_numpy(tokens)
    if not widen:
        with torch.no_grad():
            return model(tokens, use_cache=False).logits.numpy()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad(), Float64Everywhere():
            rotary = getattr(model.base_model, "rotary_emb", None)
            if rotary is not None:  # its frequencies were made in float32
                model.base_model.rotary_emb = type(rotary)(model.config)
            return model(tokens, use_cache=False).logits.numpy()
    finally:
        torch.set_default_dtype(torch.float32)


# --------------------------------------------------------------------------
# GGUF
# --------------------------------------------------------------------------

def to_adjacent(weight, heads):
    """Reorders the rows of Q or K from the halves to the adjacent pairing.

    transformers rotates row i of a head with row i + head_dim/2; the llama
    architecture in GGUF rotates rows 2i and 2i+1. Works on weights and biases.
    """
    rows = weight.shape[0]
    order = np.arange(rows).reshape(heads, 2, rows // heads // 2).swapaxes(1, 2).reshape(-1)
    return weight[order]


def to_halves(weight, heads):
    """The inverse of to_adjacent."""
    rows = weight.shape[0]
    order = np.arange(rows).reshape(heads, rows // heads // 2, 2).swapaxes(1, 2).reshape(-1)
    return weight[order]


def name_pairs(config):
    """(name in the state dict, name in GGUF) for every module of the model."""
    if config["model_type"] == "gpt2":
        pairs = [("transformer.wte", "token_embd"), ("transformer.wpe", "position_embd")]
        block = [("ln_1", "attn_norm"), ("attn.c_attn", "attn_qkv"), ("attn.c_proj", "attn_output"),
                 ("ln_2", "ffn_norm"), ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down")]
        for i in range(config["n_layer"]):
            pairs += [(f"transformer.h.{i}.{a}", f"blk.{i}.{b}") for a, b in block]
        return pairs + [("transformer.ln_f", "output_norm"), ("lm_head", "output")]
    pairs = [("model.embed_tokens", "token_embd")]
    block = [("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"),
             ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
             ("self_attn.o_proj", "attn_output"), ("post_attention_layernorm", "ffn_norm"),
             ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down")]
    for i in range(config["num_hidden_layers"]):
        pairs += [(f"model.layers.{i}.{a}", f"blk.{i}.{b}") for a, b in block]
    return pairs + [("model.norm", "output_norm"), ("lm_head", "output")]


def heads_of(config, gguf_name):
    """Heads of a tensor whose rows the llama architecture reorders, else 0."""
    if config["model_type"] != "llama":
        return 0
    if ".attn_q." in gguf_name:
        return config["num_attention_heads"]
    return config["num_key_value_heads"] if ".attn_k." in gguf_name else 0


def is_conv1d(config, gguf_name):
    return (config["model_type"] == "gpt2" and gguf_name.startswith("blk.")
            and gguf_name.endswith(".weight") and "_norm" not in gguf_name)


def to_gguf(config, state):
    """State dict -> GGUF names and layout, values in float32."""
    tensors = {}
    if (config.get("rope_scaling") or {}).get("rope_type") == "llama3":
        tensors["rope_freqs.weight"] = llama3_divisors(config).astype(np.float32)
    for ours, theirs in name_pairs(config):
        for part in (".weight", ".bias"):
            if ours + part in state:
                x = state[ours + part].float().numpy()
                if (n := heads_of(config, theirs + part)):
                    x = to_adjacent(x, n)
                if is_conv1d(config, theirs + part):
                    x = np.ascontiguousarray(x.T)
                tensors[theirs + part] = x
    return tensors


def from_gguf(config, path):
    """GGUF -> state dict in float32, undoing to_gguf and any quantisation."""
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type).reshape(
        [int(n) for n in reversed(t.shape)]) for t in gguf.GGUFReader(path).tensors}
    state = {}
    for ours, theirs in name_pairs(config):
        for part in (".weight", ".bias"):
            if theirs + part in stored:
                x = stored.pop(theirs + part)
                if (n := heads_of(config, theirs + part)):
                    x = to_halves(x, n)
                if is_conv1d(config, theirs + part):
                    x = x.T
                state[ours + part] = torch.from_numpy(np.array(x, dtype=np.float32, order="C"))
    assert set(stored) <= {"rope_freqs.weight"}, stored.keys()
    return state


def llama3_divisors(config):
    """What each rotary frequency is divided by, as GGUF stores it."""
    s = config["rope_scaling"]
    dim = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    low, high = s["low_freq_factor"], s["high_freq_factor"]
    result = []
    for i in range(dim // 2):
        turns = s["original_max_position_embeddings"] * config["rope_theta"] ** (-2 * i / dim) / (2 * math.pi)
        keep = min(max((turns - low) / (high - low), 0.0), 1.0)
        result.append(1.0 / (keep + (1.0 - keep) / s["factor"]))
    return np.array(result)


def vocabulary(w, config):
    """A made-up tokenizer section with the keys and types of a real one."""
    size = config["vocab_size"]
    if config["model_type"] == "llama" and not config.get("rope_scaling"):
        tokens = ["<unk>", "<s>", "</s>", "<0x0A>", "\u2581"]
        kinds = [gguf.TokenType.UNKNOWN] + 2 * [gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE]
        tokens += [("\u2581" if i % 2 else "") + chr(97 + i // 2 % 26) * (1 + i // 52)
                   for i in range(size - len(tokens))]
        w.add_tokenizer_model("llama")
        w.add_tokenizer_pre("default")
        w.add_token_list(tokens)
        w.add_token_scores([-0.5 * i for i in range(size)])
        w.add_token_types(kinds + [gguf.TokenType.NORMAL] * (size - len(kinds)))
        w.add_bos_token_id(config["bos_token_id"])
        w.add_eos_token_id(config["eos_token_id"])
        w.add_unk_token_id(0)
        w.add_add_bos_token(True)
        w.add_add_eos_token(False)
    else:
        special = {"llama": ["<|eom_id|>", "<|begin_of_text|>", "<|end_of_text|>"]}.get(
            config["model_type"], ["<|endoftext|>"])
        tokens = [chr(c) for c in range(33, 127)] + ["\u0120", "\u010a"]
        merges = [("\u0120", chr(97 + i)) if i < 26 else (chr(97 + i % 26), chr(97 + i // 2))
                  for i in range(size - len(tokens) - len(special))]
        tokens += ["".join(m) for m in merges] + special
        w.add_tokenizer_model("gpt2")
        w.add_tokenizer_pre({"llama": "llama-bpe", "qwen2": "qwen2", "gpt2": "gpt-2"}[config["model_type"]])
        w.add_token_list(tokens)
        w.add_token_types([gguf.TokenType.NORMAL] * (size - len(special))
                          + [gguf.TokenType.CONTROL] * len(special))
        w.add_token_merges([" ".join(m) for m in merges])
        eos = config["eos_token_id"]
        w.add_bos_token_id(config["bos_token_id"])
        w.add_eos_token_id(eos[0] if isinstance(eos, list) else eos)
        w.add_add_bos_token(config["model_type"] == "llama")
    assert len(tokens) == size and len(set(tokens)) == size
    w.add_chat_template("{% for m in messages %}{{ m['content'] }}\n{% endfor %}")


def write_gguf(path, name, config, state, qtype):
    """Metadata and tensor types as convert_hf_to_gguf.py of llama.cpp sets them."""
    kind = config["model_type"]
    w = gguf.GGUFWriter(path, kind)
    w.add_type("model")
    w.add_name(f"golden {name}")
    if name == "gpt2-f16":
        w.add_custom_alignment(64)
    if kind == "gpt2":
        w.add_block_count(config["n_layer"])
        w.add_context_length(config["n_ctx"])
        w.add_embedding_length(config["n_embd"])
        w.add_feed_forward_length(4 * config["n_embd"])
        w.add_head_count(config["n_head"])
        w.add_layer_norm_eps(config["layer_norm_epsilon"])
    else:
        w.add_block_count(config["num_hidden_layers"])
        w.add_context_length(config["max_position_embeddings"])
        w.add_embedding_length(config["hidden_size"])
        w.add_feed_forward_length(config["intermediate_size"])
        w.add_head_count(config["num_attention_heads"])
        w.add_head_count_kv(config["num_key_value_heads"])
        w.add_rope_freq_base(config.get("rope_theta") or config["rope_parameters"]["rope_theta"])
        w.add_layer_norm_rms_eps(config["rms_norm_eps"])
        if "head_dim" in config:
            w.add_key_length(config["head_dim"])
            w.add_value_length(config["head_dim"])
    w.add_file_type({
        Q.F32: gguf.LlamaFileType.ALL_F32, Q.F16: gguf.LlamaFileType.MOSTLY_F16,
        Q.BF16: gguf.LlamaFileType.MOSTLY_BF16, Q.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0,
        Q.Q4_0: gguf.LlamaFileType.MOSTLY_Q4_0}[qtype])
    if kind == "llama":
        w.add_vocab_size(config["vocab_size"])
        w.add_rope_dimension_count(
            config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    vocabulary(w, config)

    tensors = to_gguf(config, state)
    if name == "gpt2-f16":  # converters used to repeat a tied embedding as the output
        tensors["output.weight"] = tensors["token_embd.weight"]
    for tensor, x in tensors.items():
        # Vectors and the position table stay in float32 in every file type.
        t = Q.F32 if x.ndim == 1 or tensor == "position_embd.weight" else qtype
        w.add_tensor(tensor, gguf.quants.quantize(np.ascontiguousarray(x), t), raw_dtype=t)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


# --------------------------------------------------------------------------
# One model with everything that belongs to it
# --------------------------------------------------------------------------

def make_model(root, name, config):
    directory = root / "models" / name
    state = make_state(name, config)
    write_model(directory, name, config, state)

    tokens = generator("tokens", name).integers(0, config["vocab_size"], (BATCH, LENGTH), dtype=np.int64)
    tokens[0, 3], tokens[1, 5] = 0, config["vocab_size"] - 1  # both ends of the table
    tokens[1, 20] = tokens[1, 19]                             # and a repeated one
    logits = transformers_logits(directory, tokens)
    save_numpy({"tokens": tokens, "logits": logits}, directory / "expected.safetensors")
    narrow = transformers_logits(directory, tokens, widen=False)
    report = [f"{name}: logits rms {np.sqrt(np.mean(logits ** 2)):.3f}, "
              f"unpatched transformers differ by {crosscheck.difference(narrow, logits):.1e}"]

    if name == "llama3":  # both spellings must mean the same model
        with tempfile.TemporaryDirectory() as temporary:
            other = Path(temporary)
            for file in directory.glob("model*"):
                shutil.copy(file, other)
            shutil.copy(directory / "config.rope_parameters.json", other / "config.json")
            assert np.array_equal(transformers_logits(other, tokens), logits)

    native = {"float32": Q.F32, "bfloat16": Q.BF16, "float16": Q.F16}[stored_dtype(config)]
    files = {"model": native}
    if name == "llama-blocks":
        files |= {"model-q8_0": Q.Q8_0, "model-q4_0": Q.Q4_0}
    for file, qtype in files.items():
        path = directory / f"{file}.gguf"
        write_gguf(path, name, config, state, qtype)
        # Read the file back into a plain checkpoint and run that.
        with tempfile.TemporaryDirectory() as temporary:
            write_json(Path(temporary) / "config.json", config)
            back = from_gguf(config, path)
            if "lm_head.weight" not in state:
                back.pop("lm_head.weight", None)
            save_torch(back, Path(temporary) / "model.safetensors", metadata={"format": "pt"})
            again = transformers_logits(temporary, tokens)
        if qtype == native:
            assert all(torch.equal(back[t], state[t].float()) for t in state), name
            assert np.array_equal(again, logits), name
        else:
            suffix = file.removeprefix("model")
            save_numpy({"tokens": tokens, "logits": again}, directory / f"expected{suffix}.safetensors")
            report.append(f"  {file}: logits move by {crosscheck.difference(again, logits):.1e}")
    print("\n".join(report))


# --------------------------------------------------------------------------
# Quantisation and number formats
# --------------------------------------------------------------------------

def make_quantisation(root):
    r = generator("quantisation")
    x = np.zeros((12, 256), dtype=np.float32)
    x[0] = r.standard_normal(256)                           # an ordinary row
    # x[1] stays zero
    x[2] = -np.abs(r.standard_normal(256))                  # only negative values
    x[3] = r.standard_normal(256)
    x[3, ::32] = -6.0                                       # largest magnitude negative ...
    x[3, 5::64] = 6.0                                       # ... and tied with a positive one
    x[4] = r.uniform(-5e5, 5e5, 256)                        # near the top of a float16 scale
    x[5] = r.standard_normal(256) * 1e-5                    # subnormal float16 scales
    x[6] = r.standard_normal(256) * 1e-30                   # scales that round to zero
    x[7] = r.standard_normal(256) * 10.0 ** r.uniform(-6, 4, 256)  # mixed magnitudes
    x[8] = np.round(r.uniform(-126, 126, 256) * 2) / 2      # halves, Q8_0 scale exactly 1:
    x[8, ::32] = 127.0                                      # ties go away from zero
    x[9] = np.round(r.uniform(-7, 7, 256) * 2) / 2          # halves, Q4_0 scale exactly 1
    x[9, 7::32] = -8.0
    x[10] = 0.75                                            # constant blocks
    x[11, np.arange(8) * 32 + np.arange(8) * 4] = r.standard_normal(8)  # one value per block
    out = {"input": x}
    for name, qtype in (("q8_0", Q.Q8_0), ("q4_0", Q.Q4_0)):
        packed = gguf.quants.quantize(x, qtype)
        out[f"{name}_bytes"] = packed
        out[f"{name}_dequantised"] = gguf.quants.dequantize(packed, qtype)
        assert np.isfinite(out[f"{name}_dequantised"]).all()

    # Conversions of single numbers. Bit patterns of float32 first: specials,
    # limits of float16, the subnormals of all three formats, exact ties.
    bits = [0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000,
            0x7FC00000,                          # the canonical quiet NaN
            0x00000001, 0x807FFFFF, 0x00800000,  # float32 subnormals and smallest normal
            0x7F7FFFFF, 0xFF7FFFFF,              # largest float32: bfloat16 rounds to infinity
            0x477FE000, 0x477FEFFF,              # 65504 and the last value that rounds to it
            0x477FF000, 0x47800000,              # 65520 (tie, to infinity) and 65536
            0x38800000, 0x387FC000,              # smallest normal, largest subnormal float16
            0x387FE000, 0x33800000,              # tie between the two, smallest subnormal
            0x33000000, 0x33000001, 0x32FFFFFF,  # half of it: tie to zero, just above, just below
            0x33C00000, 0xB3C00000,              # 1.5 times: tie to even, both signs
            0x3F801000, 0x3F803000,              # float16 ties above one: down, then up
            0x3F801001, 0x3F800FFF,              # and their neighbours
            0x3F808000, 0x3F818000,              # bfloat16 ties: down, then up
            0x3F808001, 0x3F807FFF,
            0x00008000, 0x00018000, 0x80008001]  # bfloat16 subnormal ties
    values = np.concatenate([
        np.array(bits, dtype=np.uint32).view(np.float32),
        r.standard_normal(64).astype(np.float32),
        (r.standard_normal(64) * 10.0 ** r.uniform(-8, 5, 64)).astype(np.float32),
        (r.integers(-2047, 2048, 32) * 2.0 ** -25).astype(np.float32)])  # more subnormal ties
    with np.errstate(over="ignore"):
        f16 = values.astype(np.float16)
    bf16 = gguf.quants.quantize(values, Q.BF16).view(np.int16)
    # PyTorch must agree with numpy and gguf on every bit, except for the bits
    # of a NaN, where its vectorised conversion makes a choice of its own.
    t, known = torch.from_numpy(values), ~np.isnan(values)
    for ours, dtype in ((f16.view(np.int16), torch.float16), (bf16, torch.bfloat16)):
        theirs = t.to(dtype)
        assert np.array_equal(ours[known], theirs.view(torch.int16).numpy()[known])
        assert theirs.isnan()[torch.from_numpy(~known)].all()
    out |= {"values": values, "f16_bits": f16.view(np.int16), "bf16_bits": bf16,
            "f16_values": f16.astype(np.float32),
            "bf16_values": (bf16.astype(np.int32) << 16).view(np.float32)}
    save_numpy(out, root / "quantisation.safetensors")


# --------------------------------------------------------------------------
# Single operators
# --------------------------------------------------------------------------

def make_operators(root):
    out = {}

    def normal(name, *shape, scale=1.0, shift=0.0):
        x = (shift + scale * generator("operators", name).standard_normal(shape)).astype(np.float32)
        return put(name, x)

    def put(name, x):
        out[name] = x
        return torch.from_numpy(x).double() if x.dtype == np.float32 else torch.from_numpy(x)

    def result(name, x):
        assert x.dtype == torch.float64
        out[name] = x.contiguous().numpy()

    def number(name, value):
        out[name] = np.array([value], dtype=np.float64)
        return value

    # Norms, with rows of very different size; the last is small enough for
    # the epsilon to dominate, the layer norm rows are far from zero mean.
    scale = np.array([[1.0], [30.0], [0.05], [1.0], [1e-3]], dtype=np.float32)
    x = put("rms_norm.input", generator("operators", "rms").standard_normal((5, 48)).astype(np.float32) * scale)
    w = normal("rms_norm.weight", 48, scale=0.3, shift=1.0)
    result("rms_norm.output", F.rms_norm(x, (48,), w, number("rms_norm.eps", 1e-5)))
    x = put("layer_norm.input", (generator("operators", "ln").standard_normal((5, 48)) + 2.0).astype(np.float32) * scale)
    w, b = normal("layer_norm.weight", 48, scale=0.3, shift=1.0), normal("layer_norm.bias", 48, scale=0.5)
    result("layer_norm.output", F.layer_norm(x, (48,), w, b, number("layer_norm.eps", 1e-5)))

    x = generator("operators", "softmax").standard_normal((5, 33)).astype(np.float32) * 3
    x[1] *= 400          # overflows without subtracting the maximum
    x[2, 10:] = -np.inf  # masked
    x[3] = 7.5           # uniform
    x[4, 1:] = -np.inf   # one survivor
    result("softmax.output", torch.softmax(put("softmax.input", x), -1))

    gate = generator("operators", "gate").standard_normal((3, 40)).astype(np.float32) * 2
    gate[2, :6] = [0.0, -0.0, 100.0, -100.0, 20.0, -20.0]
    result("silu_mul.output", F.silu(put("silu_mul.gate", gate)) * normal("silu_mul.up", 3, 40))

    x = np.concatenate([np.linspace(-6, 6, 49), [-100, -20, -1e-4, -0.0, 1e-4, 20, 100],
                        generator("operators", "gelu").standard_normal(40)]).astype(np.float32)
    result("gelu_tanh.output", F.gelu(put("gelu_tanh.input", x), approximate="tanh"))
    result("gelu_erf.output", F.gelu(put("gelu_erf.input", x.copy())))

    # Rotary positions, [token, head, dim]. The halves pairing goes through
    # the function of transformers, the adjacent one through complex numbers.
    dim, heads = 16, 3
    at = np.array([0, 1, 2, 17, 100, 1000, 8191], dtype=np.int64)
    for pairing in ("halves", "adjacent"):
        name = f"rope_{pairing}"
        x = normal(f"{name}.input", len(at), heads, dim)
        p = put(f"{name}.positions", at.copy())
        theta = number(f"{name}.theta", 10000.0)
        angle = p[:, None] * theta ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
        if pairing == "halves":
            from transformers.models.llama.modeling_llama import apply_rotary_pos_emb
            both = torch.cat((angle, angle), -1)
            y, _ = apply_rotary_pos_emb(x, x, both.cos(), both.sin())
        else:
            turn = torch.polar(torch.ones_like(angle), angle)[:, None, :]
            y = torch.view_as_real(torch.view_as_complex(x.reshape(len(at), heads, dim // 2, 2)) * turn)
            y = y.reshape(x.shape)
        result(f"{name}.output", y)

    # Rotary frequencies of Llama 3.1 (head of 128), computed by transformers.
    scaling = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
               "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    config = transformers.LlamaConfig(hidden_size=512, num_attention_heads=4, head_dim=128,
                                      max_position_embeddings=131072, rope_parameters=scaling)
    for key, value in scaling.items():
        if key != "rope_type":
            number(f"rope_llama3.{key}", value)
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    with Float64Everywhere():
        result("rope_llama3.output", ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))[0])

    # Five queries after eleven cached positions: query t sees keys 0 .. 11 + t.
    # [token, head, dim], four query heads on two key heads, scale dim ** -0.5.
    past, new, heads, kv = 11, 5, 4, 2
    q = normal("attention.query", new, heads, dim, scale=1.5)
    k = normal("attention.key", past + new, kv, dim, scale=1.5)
    v = normal("attention.value", past + new, kv, dim)
    visible = torch.arange(past + new)[None, :] <= torch.arange(new)[:, None] + past
    y = F.scaled_dot_product_attention(
        q.transpose(0, 1), k.transpose(0, 1).repeat_interleave(heads // kv, 0),
        v.transpose(0, 1).repeat_interleave(heads // kv, 0), attn_mask=visible)
    result("attention.output", y.transpose(0, 1))

    x, w, b = normal("matmul.input", 7, 72), normal("matmul.weight", 24, 72), normal("matmul.bias", 24)
    result("matmul.output", F.linear(x, w))
    result("matmul.output_biased", F.linear(x, w, b))
    save_numpy(out, root / "operators.safetensors")


# --------------------------------------------------------------------------

def generate(root):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    shutil.rmtree(root / "models", ignore_errors=True)
    for name, config in MODELS.items():
        make_model(root, name, config)
    make_quantisation(root)
    make_operators(root)
    crosscheck.check(root)


def hashes(root):
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(root.rglob("*"))
            if p.is_file() and (p.suffix in (".safetensors", ".gguf", ".json"))}


def main():
    parser = argparse.ArgumentParser(description="Writes the golden test files.")
    parser.add_argument("--output", type=Path, default=HERE, help="where to write (default: next to this script)")
    parser.add_argument("--check", action="store_true",
                        help="write to a temporary directory and compare with --output")
    options = parser.parse_args()
    if not options.check:
        generate(options.output)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        generate(Path(temporary))
        new, old = hashes(Path(temporary)), hashes(options.output)
    different = sorted(f for f in new.keys() | old.keys() if new.get(f) != old.get(f))
    print("\n".join(f"differs: {f}" for f in different) or f"all {len(new)} files are identical")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
