#!/usr/bin/env python3
"""Writes the seeds of fuzz_gguf, fuzz_safetensors, fuzz_config_json, fuzz_vocabulary and fuzz_tokenizer_json.

Small whole files of every kind that the readers take, and one with each kind
of damage that they must refuse. Needs nothing but Python; writing again gives
the same bytes.

    tests/fuzz/make_corpus.py        # rewrites tests/fuzz/corpus/<target>/
"""

import json
import struct
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, ARRAY, U64, I64, F64 = range(13)
FORMATS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?",
           U64: "Q", I64: "q", F64: "d"}
BLOCK_BYTES = {0: (1, 4), 1: (1, 2), 2: (32, 18), 8: (32, 34), 26: (1, 4), 30: (1, 2)}


# --------------------------------------------------------------------------
# GGUF
# --------------------------------------------------------------------------

def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def value(kind, data):
    if kind == TEXT:
        return text(data)
    if kind == ARRAY:
        element, items = data
        return struct.pack("<IQ", element, len(items)) + b"".join(value(element, i) for i in items)
    return struct.pack("<" + FORMATS[kind], data)


def size_of(dims, kind):
    count = 1
    for d in dims:
        count *= d
    elements, size = BLOCK_BYTES[kind]
    return count // elements * size


def gguf(entries, tensors, alignment=32, version=3, magic=b"GGUF"):
    """`tensors`: name -> (dimensions, innermost first, and type)."""
    head = magic + struct.pack("<IQQ", version, len(tensors), len(entries))
    for key, kind, data in entries:
        head += text(key) + struct.pack("<I", kind) + value(kind, data)
    data = b""
    for name, (dims, kind) in tensors.items():
        head += text(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims)
        head += struct.pack("<IQ", kind, len(data))
        size = size_of(dims, kind)
        data += bytes((len(data) + i) % 113 for i in range(size)) + bytes(-size % alignment)
    return head + bytes(-len(head) % alignment if tensors else 0) + data


def block_model(arch, layers=1, hidden=4, heads=2, kv=1, ffn=6, vocab=3, kind=0, **more):
    gpt2 = arch == "gpt2"
    kv = heads if gpt2 else kv
    entries = [("general.architecture", TEXT, arch)]
    entries += [(f"{arch}.{k}", U32, v) for k, v in {
        "block_count": layers, "context_length": 2, "embedding_length": hidden,
        "feed_forward_length": ffn, "attention.head_count": heads}.items()]
    if not gpt2:
        entries.append((f"{arch}.attention.head_count_kv", U32, kv))
        entries.append((f"{arch}.attention.layer_norm_rms_epsilon", F32, 1e-5))
    else:
        entries.append((f"{arch}.attention.layer_norm_epsilon", F32, 1e-5))
    entries += [(f"{arch}.{k}", *v) for k, v in more.items()]
    head = hidden // heads
    norms = (".weight", ".bias") if gpt2 else (".weight",)
    t = {"token_embd.weight": ((hidden, vocab), kind)}
    if gpt2:
        t["position_embd.weight"] = ((hidden, 2), 0)
    for i in range(layers):
        b = f"blk.{i}."
        for n in norms:
            t[b + "attn_norm" + n] = ((hidden,), 0)
            t[b + "ffn_norm" + n] = ((hidden,), 0)
        if gpt2:
            t[b + "attn_qkv.weight"] = ((hidden, 3 * hidden), kind)
            t[b + "attn_qkv.bias"] = ((3 * hidden,), 0)
        else:
            t[b + "attn_q.weight"] = ((hidden, heads * head), kind)
            t[b + "attn_k.weight"] = ((hidden, kv * head), kind)
            t[b + "attn_v.weight"] = ((hidden, kv * head), kind)
            t[b + "ffn_gate.weight"] = ((hidden, ffn), kind)
            if arch == "qwen2":
                t[b + "attn_q.bias"] = ((heads * head,), 0)
                t[b + "attn_k.bias"] = ((kv * head,), 0)
                t[b + "attn_v.bias"] = ((kv * head,), 0)
        t[b + "attn_output.weight"] = ((heads * head, hidden), kind)
        t[b + "ffn_up.weight"] = ((hidden, ffn), kind)
        t[b + "ffn_down.weight"] = ((ffn, hidden), kind)
        if gpt2:
            t[b + "attn_output.bias"] = ((hidden,), 0)
            t[b + "ffn_up.bias"] = ((ffn,), 0)
            t[b + "ffn_down.bias"] = ((hidden,), 0)
    for n in norms:
        t["output_norm" + n] = ((hidden,), 0)
    return entries, t


def mixture():
    entries, t = block_model("llama", **{"expert_count": (U32, 2), "expert_used_count": (U32, 1)})
    for n in ("gate", "up", "down"):
        del t[f"blk.0.ffn_{n}.weight"]
    t["blk.0.ffn_gate_inp.weight"] = ((4, 2), 0)
    t["blk.0.ffn_gate_exps.weight"] = ((4, 6, 2), 0)
    t["blk.0.ffn_up_exps.weight"] = ((4, 6, 2), 0)
    t["blk.0.ffn_down_exps.weight"] = ((6, 4, 2), 0)
    return entries, t


def gguf_seeds():
    llama, tensors = block_model("llama")
    good = gguf(llama, tensors)
    yield "llama-f32", good
    yield "llama-f16", gguf(*block_model("llama", kind=1))
    yield "llama-bf16-two-layers", gguf(*block_model("llama", layers=2, kind=30))
    yield "llama-q8_0", gguf(*block_model("llama", hidden=32, heads=2, ffn=32, vocab=2, kind=8))
    yield "llama-q4_0", gguf(*block_model("llama", hidden=32, heads=2, ffn=32, vocab=2, kind=2))
    yield "qwen2", gguf(*block_model("qwen2"))
    yield "gpt2", gguf(*block_model("gpt2"))
    yield "mixtral", gguf(*mixture())
    yield "llama-version-2", gguf(llama, tensors, version=2)
    yield "llama-untied", gguf(llama, tensors | {"output.weight": ((4, 3), 0)})
    yield "llama-rope-factors", gguf(llama, tensors | {"rope_freqs.weight": ((1,), 0)})
    yield "llama-linear-rope", gguf(llama + [("llama.rope.scaling.type", TEXT, "linear"),
                                             ("llama.rope.scaling.factor", F32, 2.0)], tensors)
    yield "llama-synthetic", gguf(llama + [("ridgepoint.synthetic", BOOL, True),
                                           ("ridgepoint.seed", U64, 7)], tensors)
    yield "llama-aligned-64", gguf(llama + [("general.alignment", U32, 64)], tensors, alignment=64)
    values = [("u8", U8, 1), ("i8", I8, -1), ("u16", U16, 2), ("i16", I16, -2), ("u32", U32, 3),
              ("i32", I32, -3), ("f32", F32, 0.5), ("bool", BOOL, True), ("text", TEXT, "words"),
              ("u64", U64, 4), ("i64", I64, -4), ("f64", F64, 0.25),
              ("numbers", ARRAY, (I32, [1, 2, 3, 4, 5])), ("words", ARRAY, (TEXT, ["a", "", "bc"])),
              ("nested", ARRAY, (ARRAY, [(U8, [1]), (TEXT, ["x"])])), ("none", ARRAY, (F64, []))]
    yield "every-value", gguf(values, {})
    yield "every-type", gguf([], {f"t{k}": ((32, 2), k) for k in BLOCK_BYTES})
    deep = (U8, [1])
    for _ in range(6):
        deep = (ARRAY, [deep])
    yield "bad-deep-array", gguf([("deep", ARRAY, deep)], {})
    yield "bad-array-count", gguf([("a", ARRAY, (TEXT, []))], {})[:-8] + struct.pack("<Q", 1 << 61)
    yield "bad-string-length", gguf([("a", TEXT, "")], {})[:-8] + struct.pack("<Q", (1 << 64) - 1)
    yield "bad-value-type", gguf([("a", U8, 1)], {})[:-5] + struct.pack("<IB", 13, 0)
    yield "bad-duplicate-key", gguf([("a", U8, 1), ("a", U8, 1)], {})
    yield "bad-alignment", gguf([("general.alignment", U32, 24)], {})
    yield "bad-magic", gguf([], {}, magic=b"ggjt")
    yield "bad-version-1", gguf([], {}, version=1)
    yield "bad-big-endian", gguf([], {}, version=0x03000000)
    yield "bad-tensor-count", good[:8] + struct.pack("<Q", 1 << 40) + good[16:]
    yield "bad-truncated-header", good[:300]
    yield "bad-truncated-data", good[:-40]
    one = gguf([], {"tensor": ((4, 2), 0)})
    dims = 24 + 8 + 6
    yield "bad-dimensions", one[:dims] + struct.pack("<I", 5) + one[dims + 4:]
    yield "bad-huge-dimension", one[:dims + 4] + struct.pack("<Q", 1 << 62) + one[dims + 12:]
    yield "bad-type-q4_K", one[:dims + 20] + struct.pack("<I", 12) + one[dims + 24:]
    yield "bad-offset", one[:dims + 24] + struct.pack("<Q", (1 << 64) - 32) + one[dims + 32:]
    two = gguf([], {"one": ((8,), 0), "two": ((8,), 0)})
    place = 24 + 2 * (8 + 3 + 4 + 8 + 4 + 8) - 8
    yield "bad-overlap", two[:place] + struct.pack("<Q", 0) + two[place + 8:]
    yield "bad-architecture", gguf([("general.architecture", TEXT, "mamba")], {})
    layers = [("llama.block_count", U32, 9999) if e[0] == "llama.block_count" else e for e in llama]
    yield "bad-layer-count", gguf(layers, tensors)


# --------------------------------------------------------------------------
# safetensors
# --------------------------------------------------------------------------

DTYPES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1, "I16": 2, "U16": 2,
          "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8}


def wrap(header, data=b""):
    encoded = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(encoded)) + encoded + data


def safetensors(tensors, **header):
    """`tensors`: name -> (dtype, shape)."""
    data = 0
    for name, (dtype, shape) in tensors.items():
        size = DTYPES[dtype]
        for d in shape:
            size *= d
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [data, data + size]}
        data += size
    return wrap(header, bytes(i % 251 for i in range(data)))


def hf_llama(dtype):
    t = {"model.embed_tokens.weight": (dtype, [3, 4]), "model.norm.weight": (dtype, [4])}
    layer = {"input_layernorm": [4], "post_attention_layernorm": [4], "self_attn.q_proj": [4, 4],
             "self_attn.k_proj": [2, 4], "self_attn.v_proj": [2, 4], "self_attn.o_proj": [4, 4],
             "mlp.gate_proj": [2, 4], "mlp.up_proj": [2, 4], "mlp.down_proj": [4, 2]}
    return t | {f"model.layers.0.{k}.weight": (dtype, v) for k, v in layer.items()}


def hf_gpt2(dtype, prefix=""):
    t = {"wte.weight": [3, 2], "wpe.weight": [2, 2], "ln_f.weight": [2], "ln_f.bias": [2]}
    layer = {"ln_1.weight": [2], "ln_1.bias": [2], "ln_2.weight": [2], "ln_2.bias": [2],
             "attn.c_attn.weight": [2, 6], "attn.c_attn.bias": [6], "attn.c_proj.weight": [2, 2],
             "attn.c_proj.bias": [2], "mlp.c_fc.weight": [2, 3], "mlp.c_fc.bias": [3],
             "mlp.c_proj.weight": [3, 2], "mlp.c_proj.bias": [2], "attn.bias": [1, 1, 2, 2]}
    t |= {f"h.0.{k}": v for k, v in layer.items()}
    return {prefix + k: (dtype, v) for k, v in t.items()}


def safetensors_seeds():
    yield "llama-f32", safetensors(hf_llama("F32"))
    yield "llama-bf16", safetensors(hf_llama("BF16"), __metadata__={"format": "pt"})
    yield "gpt2-f32", safetensors(hf_gpt2("F32"))
    yield "gpt2-f16-prefixed", safetensors(hf_gpt2("F16", "transformer."))
    yield "gpt2-f64", safetensors(hf_gpt2("F64"))
    yield "every-dtype", safetensors({f"of {k}": (k, [2, 1]) for k in DTYPES})
    yield "scalar-and-empty", safetensors({"scalar": ("F32", []), "empty": ("I64", [0, 3])})
    yield "none", wrap({})
    yield "padded", wrap(b'{"__metadata__":{"a":"\\u00e9\\ud83d\\ude00"}}     ')
    one = {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}
    yield "bad-json", wrap(b'{"a":', b"")
    yield "bad-utf8", wrap(b'{"\xff":1}')
    yield "bad-length", struct.pack("<Q", 1 << 63) + b"{}"
    yield "bad-no-length", b"\x02\x00"
    yield "bad-dtype", wrap({"a": one | {"dtype": "F31"}}, b"ab")
    yield "bad-offsets", wrap({"a": one | {"data_offsets": [2, 0]}}, b"ab")
    yield "bad-offsets-huge", wrap({"a": one | {"data_offsets": [0, (1 << 64) - 1]}}, b"ab")
    yield "bad-shape-huge", wrap({"a": one | {"shape": [1 << 62, 1 << 62]}}, b"ab")
    yield "bad-shape-negative", wrap({"a": one | {"shape": [-2]}}, b"ab")
    yield "bad-shape-float", wrap({"a": one | {"shape": [2.0]}}, b"ab")
    yield "bad-size", wrap({"a": one | {"shape": [3]}}, b"ab")
    yield "bad-overlap", wrap({"a": one, "b": one}, b"ab")
    yield "bad-gap", wrap({"a": one, "b": one | {"data_offsets": [3, 5]}}, b"abcde")
    yield "bad-trailing", wrap({"a": one}, b"abc")
    yield "bad-duplicate", wrap(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},'
                                b'"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}')
    yield "bad-metadata", wrap({"__metadata__": {"a": 1}})
    yield "bad-nesting", wrap(b"[" * 200)


# --------------------------------------------------------------------------
# config.json and model.safetensors.index.json
# --------------------------------------------------------------------------

def config_seeds():
    llama = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
             "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "vocab_size": 97,
             "rope_theta": 10000.0, "rope_scaling": None, "tie_word_embeddings": False,
             "hidden_act": "silu", "eos_token_id": [1, 2]}
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
               "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    gpt2 = {"model_type": "gpt2", "n_embd": 48, "n_head": 3, "n_layer": 2, "n_positions": 64,
            "vocab_size": 109, "activation_function": "gelu_new"}
    experts = {"num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window": 128}
    configs = {
        "llama": llama,
        "llama-head-dim": llama | {"head_dim": 32},
        "llama3": llama | {"rope_scaling": scaling},
        "llama3-parameters": llama | {"rope_parameters": scaling | {"rope_theta": 500000.0}},
        "llama-linear": llama | {"rope_scaling": {"type": "linear", "factor": 2.0}},
        "qwen2": llama | {"model_type": "qwen2", "use_sliding_window": True, "sliding_window": 8},
        "gpt2": gpt2,
        "gpt2-inner": gpt2 | {"n_inner": 100, "tie_word_embeddings": False},
        "mixtral": llama | experts | {"model_type": "mixtral"},
        "gpt_oss": llama | experts | {"model_type": "gpt_oss", "rope_scaling": {"rope_type": "yarn"}},
        "index": {"metadata": {"total_size": 8}, "weight_map": {"a": "x-1.safetensors", "b": "y"}},
        "bad-index-path": {"weight_map": {"a": "../x"}},
        "bad-index-type": {"weight_map": {"a": 3}},
        "bad-type": llama | {"model_type": "mamba"},
        "bad-heads": llama | {"num_attention_heads": 0},
        "bad-huge": llama | {"hidden_size": (1 << 63) - 1},
        "bad-negative": llama | {"num_hidden_layers": -(1 << 63)},
        "bad-float": llama | {"vocab_size": 1e300},
        "bad-yarn": llama | {"rope_scaling": {"rope_type": "yarn"}},
        "bad-band": llama | {"rope_scaling": scaling | {"high_freq_factor": 1.0}},
        "bad-gpt2-huge": gpt2 | {"n_embd": 1 << 62},
    }
    for name, config in configs.items():
        yield name, json.dumps(config).encode()
    yield "bad-json", b'{"model_type": "llama", '
    yield "bad-nesting", b'{"a":' * 100
    yield "bad-literal", b'{"rms_norm_eps": NaN}'


# --------------------------------------------------------------------------
# Vocabularies: in GGUF, and tokenizer.json
# --------------------------------------------------------------------------

def vocabulary(model, tokens, pre="gpt-2", types=None, scores=None, merges=None, more=()):
    entries = [("general.architecture", TEXT, "llama"), ("tokenizer.ggml.model", TEXT, model),
               ("tokenizer.ggml.pre", TEXT, pre), ("tokenizer.ggml.tokens", ARRAY, (TEXT, tokens))]
    if types is not None:
        entries.append(("tokenizer.ggml.token_type", ARRAY, (I32, types)))
    if scores is not None:
        entries.append(("tokenizer.ggml.scores", ARRAY, (F32, scores)))
    if merges is not None:
        entries.append(("tokenizer.ggml.merges", ARRAY, (TEXT, merges)))
    return gguf(entries + list(more), {})


def vocabulary_seeds():
    pieces = ["a", "b", "ab", "<s>", "Ġ", "Ġab"]
    types = [1, 1, 1, 3, 1, 1]
    merges = ["a b", "Ġ ab"]
    bos = [("tokenizer.ggml.bos_token_id", U32, 3)]
    for pre in ("gpt-2", "default", "llama-bpe", "qwen2"):
        yield f"bpe-{pre}", vocabulary("gpt2", pieces, pre, types, merges=merges, more=bos)
    marks = ["<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab", "<0x41>", "tool"]
    kinds = [2, 3, 3, 1, 1, 1, 1, 1, 6, 4]
    scores = [0.0, 0.0, 0.0, -1.0, -2.0, -3.0, -4.0, -5.0, 0.0, 0.0]
    unknown = [("tokenizer.ggml.unknown_token_id", U32, 0)]
    yield "spm", vocabulary("llama", marks, "default", kinds, scores, more=unknown)
    yield "spm-no-types", vocabulary("llama", marks, "default", None, scores)
    yield "spm-no-prefix", vocabulary("llama", marks, "default", kinds, scores, more=unknown + [
        ("tokenizer.ggml.add_space_prefix", BOOL, False),
        ("tokenizer.ggml.add_bos_token", BOOL, False)])
    yield "bad-none", gguf([], {})
    yield "bad-model", vocabulary("bert", pieces)
    yield "bad-pre", vocabulary("gpt2", pieces, "mystery", types, merges=merges)
    yield "bad-no-merges", vocabulary("gpt2", pieces, "gpt-2", types)
    yield "bad-no-scores", vocabulary("llama", marks, "default", kinds)
    yield "bad-duplicate", vocabulary("gpt2", ["a", "a"], "gpt-2", [1, 1], merges=[])
    yield "bad-empty-token", vocabulary("gpt2", ["a", ""], "gpt-2", [1, 1], merges=[])
    yield "bad-no-tokens", vocabulary("gpt2", [], "gpt-2", [], merges=[])
    yield "bad-types", vocabulary("gpt2", pieces, "gpt-2", types[:-1], merges=merges)
    yield "bad-type", vocabulary("gpt2", pieces, "gpt-2", [9] * 6, merges=merges)
    yield "bad-merge", vocabulary("gpt2", pieces, "gpt-2", types, merges=["b a"])
    yield "bad-merge-part", vocabulary("gpt2", pieces, "gpt-2", types, merges=["a x"])
    yield "bad-merge-one", vocabulary("gpt2", pieces, "gpt-2", types, merges=["ab"])
    yield "bad-scores", vocabulary("llama", marks, "default", kinds, scores[:-1])
    yield "bad-score", vocabulary("llama", marks, "default", kinds, [float("nan")] * 10)
    yield "bad-byte", vocabulary("llama", marks, "default", [6] * 10, scores)
    yield "bad-bos", vocabulary("gpt2", pieces, "gpt-2", types, merges=merges, more=[
        ("tokenizer.ggml.bos_token_id", U32, 6)])
    yield "bad-tokens-type", gguf([("tokenizer.ggml.model", TEXT, "gpt2"),
                                   ("tokenizer.ggml.tokens", ARRAY, (U8, [1, 2]))], {})


def tokenizer_json_seeds():
    split = {"type": "Split", "behavior": "Isolated", "invert": False, "pattern": {"Regex":
             "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+"
             "[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}}
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
    model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3}, "merges": ["a b"]}
    special = {"id": 4, "content": "<s>", "special": True}
    gpt2 = {"model": model, "pre_tokenizer": bytes_, "added_tokens": [special]}
    llama3 = gpt2 | {"model": model | {"merges": [["a", "b"]], "ignore_merges": True},
                     "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                         split, bytes_ | {"use_regex": False}]},
                     "post_processor": {"type": "TemplateProcessing", "single": [
                         {"SpecialToken": {"id": "<s>", "type_id": 0}}]}}
    qwen2 = json.loads(json.dumps(llama3).replace("{1,3}", "")) | {"normalizer": {"type": "NFC"}}
    pieces = {"<unk>": 0, "▁": 1, "a": 2, "b": 3, "ab": 4, "<0x41>": 5}
    llama2 = {"model": {"type": "BPE", "vocab": pieces, "merges": ["a b"], "byte_fallback": True,
                        "unk_token": "<unk>"},
              "normalizer": {"type": "Sequence", "normalizers": [
                  {"type": "Prepend", "prepend": "▁"},
                  {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}}
    metaspace = {"model": llama2["model"], "pre_tokenizer": {
        "type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}}
    seeds = {
        "gpt2": gpt2, "llama3": llama3, "qwen2": qwen2, "llama2": llama2, "metaspace": metaspace,
        "untyped": gpt2 | {"model": {k: v for k, v in model.items() if k != "type"}},
        "gap": gpt2 | {"added_tokens": [special | {"id": 9}]},
        "user-defined": gpt2 | {"added_tokens": [special | {"special": False}]},
        "bad-array": [], "bad-nothing": {}, "bad-wordpiece": {"model": {"type": "WordPiece"}},
        "bad-no-vocab": {"model": {"type": "BPE"}},
        "bad-id": gpt2 | {"model": model | {"vocab": {"a": -1}}},
        "bad-huge-id": gpt2 | {"model": model | {"vocab": {"a": 1 << 40}}},
        "bad-real-id": gpt2 | {"model": model | {"vocab": {"a": 0.5}}},
        "bad-same-id": gpt2 | {"model": model | {"vocab": {"a": 0, "b": 0}}},
        "bad-merge": gpt2 | {"model": model | {"merges": ["a x"]}},
        "bad-merge-type": gpt2 | {"model": model | {"merges": [3]}},
        "bad-merges": gpt2 | {"model": model | {"merges": 3}},
        "bad-added": gpt2 | {"added_tokens": {}},
        "bad-added-id": gpt2 | {"added_tokens": [special | {"id": 0}]},
        "bad-added-twice": gpt2 | {"added_tokens": [special | {"content": "a"}]},
        "bad-normalizer": gpt2 | {"normalizer": {"type": "Lowercase"}},
        "bad-prefix": gpt2 | {"pre_tokenizer": bytes_ | {"add_prefix_space": True}},
        "bad-pre-tokenizer": {"model": model, "pre_tokenizer": {"type": "Whitespace"}},
        "bad-pattern": gpt2 | {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            split | {"pattern": {"Regex": "x"}}, bytes_ | {"use_regex": False}]}},
    }
    for name, seed in seeds.items():
        yield name, json.dumps(seed, ensure_ascii=False).encode()
    yield "bad-json", b'{"model":{"vocab":'
    yield "bad-nesting", b"[" * 300


def main():
    for target, seeds in {"fuzz_gguf": gguf_seeds(), "fuzz_safetensors": safetensors_seeds(),
                          "fuzz_config_json": config_seeds(),
                          "fuzz_vocabulary": vocabulary_seeds(),
                          "fuzz_tokenizer_json": tokenizer_json_seeds()}.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds:
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
