#!/usr/bin/env python3
"""The Llama-3.1-8B shape in plain PyTorch, as fast as that goes without a library beside it: torch.compile, a static
KV cache, scaled_dot_product_attention, products of one matrix for q, k, v and for gate, up. Random weights, no
download. Prints one JSON line: tokens a second of a prefill of one sequence, and of decode steps behind it.

    python3 scripts/torch-llama.py [--layers N] [--prompt 2048] [--generate 64] [--device cuda]

What ridgepoint times and this: a prefill of `prompt` tokens with the logits of the last one, and steps of one token
each with greedy sampling on the device, the median of several turns. The first turns, in which it compiles, are left
out and reported. Nothing of this has run on a GPU; on a CPU it runs with --device cpu and a few layers.
"""
import argparse
import json
import statistics
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    sys.exit("torch-llama: no torch")

HIDDEN, HEADS, KV_HEADS, DIM, FFN, VOCAB, THETA = 4096, 32, 8, 128, 14336, 128256, 500000.0


class Layer(nn.Module):
    def __init__(self, capacity):
        super().__init__()
        self.norm = nn.Parameter(torch.ones(HIDDEN))
        self.ffn_norm = nn.Parameter(torch.ones(HIDDEN))
        self.qkv = nn.Linear(HIDDEN, (HEADS + 2 * KV_HEADS) * DIM, bias=False)
        self.out = nn.Linear(HEADS * DIM, HIDDEN, bias=False)
        self.gate_up = nn.Linear(HIDDEN, 2 * FFN, bias=False)
        self.down = nn.Linear(FFN, HIDDEN, bias=False)
        self.register_buffer("keys", torch.zeros(1, KV_HEADS, capacity, DIM), persistent=False)
        self.register_buffer("values", torch.zeros(1, KV_HEADS, capacity, DIM), persistent=False)

    def forward(self, x, positions, cosines, sines, mask):
        count = x.shape[1]
        q, k, v = self.qkv(rms(x, self.norm)).split([HEADS * DIM, KV_HEADS * DIM, KV_HEADS * DIM], dim=-1)
        q = turned(q.view(1, count, HEADS, DIM).transpose(1, 2), cosines, sines)
        k = turned(k.view(1, count, KV_HEADS, DIM).transpose(1, 2), cosines, sines)
        v = v.view(1, count, KV_HEADS, DIM).transpose(1, 2)
        self.keys.index_copy_(2, positions, k)
        self.values.index_copy_(2, positions, v)
        # A prompt sees itself alone; a step sees the cache up to where it is.
        keys, values = (k, v) if count > 1 else (self.keys, self.values)
        keys = keys.repeat_interleave(HEADS // KV_HEADS, dim=1)
        values = values.repeat_interleave(HEADS // KV_HEADS, dim=1)
        seen = functional.scaled_dot_product_attention(q, keys, values, attn_mask=mask, is_causal=mask is None)
        x = x + self.out(seen.transpose(1, 2).reshape(1, count, HEADS * DIM))
        gate, up = self.gate_up(rms(x, self.ffn_norm)).chunk(2, dim=-1)
        return x + self.down(functional.silu(gate) * up)


class Model(nn.Module):
    def __init__(self, layers, capacity):
        super().__init__()
        self.capacity = capacity
        self.embed = nn.Embedding(VOCAB, HIDDEN)
        self.layers = nn.ModuleList(Layer(capacity) for _ in range(layers))
        self.norm = nn.Parameter(torch.ones(HIDDEN))
        self.head = nn.Linear(HIDDEN, VOCAB, bias=False)
        angles = torch.outer(torch.arange(capacity).float(), THETA ** (-torch.arange(0, DIM, 2).float() / DIM))
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)

    def forward(self, tokens, positions):
        x = self.embed(tokens)
        cosines, sines = self.cosines[positions], self.sines[positions]
        mask = None
        if tokens.shape[1] == 1:
            mask = (torch.arange(self.capacity, device=tokens.device) <= positions)[None, None, None, :]
        for layer in self.layers:
            x = layer(x, positions, cosines, sines, mask)
        return self.head(rms(x[:, -1:], self.norm)).argmax(dim=-1)


def rms(x, weight):
    return functional.rms_norm(x, (HIDDEN,), weight, 1e-5)


def turned(x, cosines, sines):
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosines - odd * sines, even * sines + odd * cosines), dim=-1).flatten(-2).to(x.dtype)


def main():
    arguments = argparse.ArgumentParser()
    for name, value in (("layers", 32), ("prompt", 2048), ("generate", 64), ("turns", 5)):
        arguments.add_argument("--" + name, type=int, default=value)
    arguments.add_argument("--device", default="cuda")
    arguments.add_argument("--mode", default="reduce-overhead")
    arguments.add_argument("--no-compile", action="store_true")
    given = arguments.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch-llama: torch without CUDA, or no GPU")
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")
    wait = torch.cuda.synchronize if given.device == "cuda" else lambda: None
    with torch.device(given.device):
        torch.set_default_dtype(torch.bfloat16)
        model = Model(given.layers, given.prompt + given.generate).eval()
        for weight in model.parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, std=0.02)
        prompt = torch.randint(0, VOCAB, (1, given.prompt))
        at_first = torch.arange(given.prompt)
        places = [torch.tensor([given.prompt + step]) for step in range(given.generate - 1)]
    wrap = (lambda function, **how: function) if given.no_compile else torch.compile
    prefill = wrap(model.forward, dynamic=False)
    step = wrap(model.forward, mode=given.mode, fullgraph=True, dynamic=False)

    def turn():
        wait()
        begin = time.perf_counter()
        token = prefill(prompt, at_first)
        wait()
        middle = time.perf_counter()
        for place in places:
            token = step(token.clone(), place)
        wait()
        return middle - begin, time.perf_counter() - middle

    with torch.inference_mode():
        begin = time.perf_counter()
        for _ in range(3):
            turn()
        compiled = time.perf_counter() - begin
        turns = [turn() for _ in range(given.turns)]
    print(json.dumps({
        "prefill_tokens_per_second": given.prompt / statistics.median(t[0] for t in turns),
        "decode_tokens_per_second": len(places) / statistics.median(t[1] for t in turns),
        "torch": torch.__version__, "compiled": not given.no_compile, "mode": given.mode, "layers": given.layers,
        "prompt": given.prompt, "generate": given.generate, "turns": given.turns, "first_turns_s": compiled}))


main()
