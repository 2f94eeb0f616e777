"""Stand-in for open_clip's tokenizer: one token a word; what is too long is cut off, and the end put back."""

from __future__ import annotations

import torch

START, END = 49406, 49407


def tokenize(texts: list[str], context_length: int = 77) -> torch.Tensor:
    result = torch.zeros(len(texts), context_length, dtype=torch.long)
    for row, text in enumerate(texts):
        tokens = [START, *(1 + len(word) for word in text.split()), END]
        if len(tokens) > context_length:
            tokens = [*tokens[: context_length - 1], END]
        result[row, : len(tokens)] = torch.tensor(tokens)
    return result
