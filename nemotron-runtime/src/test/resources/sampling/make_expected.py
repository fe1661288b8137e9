"""Writes expected.json: what transformers' logits processors leave of random rows."""

import json

import torch
from transformers.generation.logits_process import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

VOCABULARY = 96
torch.manual_seed(7)

SETTINGS = [
    dict(),
    dict(temperature=0.7),
    dict(temperature=2.5),
    dict(topK=1),
    dict(topK=7),
    dict(topK=500),
    dict(topP=0.05),
    dict(topP=0.5),
    dict(topP=0.95),
    dict(minP=0.02),
    dict(minP=0.3),
    dict(minP=1.0),
    dict(repetitionPenalty=1.3),
    dict(repetitionPenalty=0.8),
    dict(temperature=0.6, topK=20, topP=0.9),
    dict(temperature=1.7, topK=40, topP=0.8, minP=0.05),
    dict(temperature=1.2, topP=0.97, minP=0.01, repetitionPenalty=1.15),
    dict(temperature=0.9, topK=12, topP=0.7, minP=0.1, repetitionPenalty=1.5),
]


def processors(temperature=1.0, topK=0, topP=1.0, minP=0.0, repetitionPenalty=1.0):
    made = LogitsProcessorList()
    if repetitionPenalty != 1.0:
        made.append(RepetitionPenaltyLogitsProcessor(penalty=repetitionPenalty))
    if temperature != 1.0:
        made.append(TemperatureLogitsWarper(temperature))
    if topK != 0:
        made.append(TopKLogitsWarper(top_k=topK))
    if topP < 1.0:
        made.append(TopPLogitsWarper(top_p=topP))
    if minP > 0.0:
        made.append(MinPLogitsWarper(min_p=minP))
    return made


def case(settings, scale):
    history = torch.randint(0, VOCABULARY, (1, 24))
    # Quarters: exact in a decimal text, and some of them tie.
    logits = (torch.randn(1, VOCABULARY) * scale * 4).round() / 4
    if settings.get("topP", 1.0) < 1.0:  # transformers parts ties arbitrarily: have none
        logits = logits + torch.randperm(VOCABULARY).reshape(1, -1) / 1024
    kept = processors(**settings)(history, logits.clone())
    probabilities = torch.softmax(kept.double(), dim=-1)[0]
    return dict(
        settings=settings,
        history=history[0].tolist(),
        logits=logits[0].tolist(),
        probabilities=[[i, p] for i, p in enumerate(probabilities.tolist()) if p > 0],
        logProbs=torch.log_softmax(logits.double(), dim=-1)[0].tolist(),
    )


def lines(cases):
    return ",\n".join(json.dumps(made, separators=(",", ":")) for made in cases)


with open("expected.json", "w") as out:
    out.write("[\n" + lines(case(s, scale) for s in SETTINGS for scale in (1, 4)) + "\n]\n")
