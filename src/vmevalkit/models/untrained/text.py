"""Tokenizers that read character by character, and small text encoders, made without any file."""

from __future__ import annotations

from transformers import GemmaTokenizer, T5Config, T5EncoderModel, T5Tokenizer, UMT5Config, UMT5EncoderModel

CHARACTERS = tuple(chr(code) for code in range(33, 127))
"""What can be told apart; everything else is one unknown character."""
_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
_T5_VOCABULARY = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0), (_SPACE, -2.0), *((c, -3.0) for c in CHARACTERS)]
_GEMMA_VOCABULARY = ("<pad>", "<eos>", "<bos>", "<unk>", _SPACE, *CHARACTERS)
_T5 = {
    "vocab_size": -(-len(_T5_VOCABULARY) // 8) * 8,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 37,
    "num_layers": 2,
    "num_heads": 4,
    "relative_attention_num_buckets": 8,
    "feed_forward_proj": "gated-gelu",
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
}
T5_WIDTH = 32
"""Length of the vector that the T5 encoders give for every character."""


def t5_tokenizer(limit: int) -> T5Tokenizer:
    """A tokenizer for the T5 encoders, of at most `limit` tokens."""
    return T5Tokenizer(vocab=list(_T5_VOCABULARY), extra_ids=0, model_max_length=limit)


def t5_encoder() -> T5EncoderModel:
    """An encoder of the kind that LTX and CogVideoX have."""
    return T5EncoderModel(T5Config(**_T5))


def umt5_encoder() -> UMT5EncoderModel:
    """An encoder of the kind that Wan has."""
    return UMT5EncoderModel(UMT5Config(**_T5))


def gemma_tokenizer(limit: int) -> GemmaTokenizer:
    """A tokenizer for Gemma, of at most `limit` tokens; its identifiers are below 100."""
    vocabulary = {token: number for number, token in enumerate(_GEMMA_VOCABULARY)}
    return GemmaTokenizer(vocab=vocabulary, merges=[], model_max_length=limit)
