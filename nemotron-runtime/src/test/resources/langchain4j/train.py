"""Trains the model of LearnedModel until it knows the conversations by heart.

    java … org.nemotron.runtime.langchain4j.Conversations > conversations.jsonl
    python train.py conversations.jsonl DIRECTORY

transformers 5.18, torch 2.13; minutes on one core.
"""

import json
import sys

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

END = 1
STEPS = 800


def main(source, target):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    lines = [json.loads(line) for line in open(source, encoding="utf-8")]
    config = LlamaConfig(
        vocab_size=4096, hidden_size=32, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=0, eos_token_id=END, pad_token_id=2, rope_theta=10000.0)
    model = LlamaForCausalLM(config).float()
    used = sorted({token for line in lines for token in line["prompt"] + line["answer"]} | {END})
    mask = torch.zeros(4096, 1)
    mask[used] = 1
    embedding = model.get_input_embeddings().weight
    with torch.no_grad():
        embedding.mul_(10 * mask)
    length = max(len(line["prompt"]) + len(line["answer"]) + 1 for line in lines)
    ids = torch.full((len(lines), length), END)
    weights = torch.zeros(len(lines), length)
    for row, line in enumerate(lines):
        whole = line["prompt"] + line["answer"] + [END]
        ids[row, : len(whole)] = torch.tensor(whole)
        weights[row, len(line["prompt"]) : len(whole)] = line["weight"]
    wanted, weight = ids[:, 1:][weights[:, 1:] > 0], weights[:, 1:][weights[:, 1:] > 0]
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=STEPS)
    for step in range(STEPS):
        hidden = model.model(ids).last_hidden_state[:, :-1][weights[:, 1:] > 0]
        loss = torch.nn.functional.cross_entropy(model.lm_head(hidden), wanted, reduction="none")
        loss = (loss * weight).sum() / weight.sum()
        optimizer.zero_grad()
        loss.backward()
        embedding.grad.mul_(mask)
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(step + 1, loss.item(), flush=True)
    tensors = {name: value.detach().bfloat16().contiguous() for name, value in model.state_dict().items()
               if name != "lm_head.weight"}
    save_file(tensors, target + "/model.safetensors", metadata={"format": "pt"})
    config.architectures = ["LlamaForCausalLM"]
    config.dtype = "bfloat16"
    config.save_pretrained(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
