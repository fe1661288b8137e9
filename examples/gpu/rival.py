"""Hugging Face transformers as the rival of gpu-benchmark: prefill and decode, eager and compiled.

Optional; needs a machine with torch and transformers. rival.py [--tiny] [--json FILE] [--batches 1,64]
"""
import argparse
import json
import statistics
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM, StaticCache

arguments = argparse.ArgumentParser()
arguments.add_argument("--tiny", action="store_true", help="a small shape on the CPU, to try the script")
arguments.add_argument("--json", default="")
arguments.add_argument("--batches", default="1,64")
arguments.add_argument("--context", type=int, default=1024)
arguments.add_argument("--steps", type=int, default=32)
arguments = arguments.parse_args()

device = "cpu" if arguments.tiny else "cuda"
shape = (
    dict(vocab_size=512, hidden_size=128, intermediate_size=448, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
    if arguments.tiny
    else dict(
        vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=8
    )
)
config = LlamaConfig(max_position_embeddings=16384, rope_theta=500000.0, tie_word_embeddings=False, **shape)
torch.set_default_dtype(torch.bfloat16)
with torch.device(device):
    model = LlamaForCausalLM(config).eval()
torch.set_default_dtype(torch.float32)
model.set_attn_implementation("sdpa")


def synchronize():
    if device == "cuda":
        torch.cuda.synchronize()


def timed(work, rounds):
    taken = []
    for _ in range(rounds):
        synchronize()
        start = time.perf_counter()
        work()
        synchronize()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def ids(batch, tokens):
    return torch.arange(batch * tokens, device=device).reshape(batch, tokens) % config.vocab_size


@torch.no_grad()
def prefill(prompts, tokens):
    prompt = ids(prompts, tokens)
    work = lambda: model(prompt, use_cache=True, logits_to_keep=1)
    work(), work()
    return timed(work, 5)


@torch.no_grad()
def decode(batch, compiled):
    # Keys and values of the context are zeros: the time does not depend on them.
    cache = StaticCache(config=config, max_cache_len=arguments.context + 3 * arguments.steps)
    forward = model.forward
    state = [arguments.context, ids(batch, 1)]

    def once():
        place = torch.tensor([state[0]], device=device)
        torch.compiler.cudagraph_mark_step_begin()
        out = forward(state[1], past_key_values=cache, cache_position=place, position_ids=place.expand(batch, 1), use_cache=True)
        state[1] = out.logits[:, -1].argmax(-1, keepdim=True).clone()
        state[1].tolist()  # a server must look at it
        state[0] += 1

    once()  # makes the cache, outside of what is compiled
    if compiled:
        forward = torch.compile(model.forward, mode="reduce-overhead", fullgraph=True)
    for _ in range(7):
        once()
    return timed(once, arguments.steps)


figures = {"prefill": {}, "decode": []}
prompts, tokens = (2, 64) if arguments.tiny else (4, 2048)
seconds = prefill(prompts, tokens)
figures["prefill"] = {"prompts": prompts, "tokens": tokens, "seconds": seconds}
print(f"prefill {prompts} x {tokens}: {seconds * 1e3:.1f} ms", flush=True)
for batch in [int(batch) for batch in arguments.batches.split(",")]:
    for compiled in (False, True):
        seconds = decode(batch, compiled)
        figures["decode"].append({"batch": batch, "compiled": compiled, "seconds": seconds, "tokensPerSecond": batch / seconds})
        print(f"decode batch {batch} {'compiled' if compiled else 'eager'}: {seconds * 1e3:.2f} ms, {batch / seconds:.1f} tokens/s", flush=True)
if arguments.json:
    with open(arguments.json, "w") as file:
        json.dump(figures, file)
