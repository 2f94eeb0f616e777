"""SANA-Video: sides divide by 32, 4n+1 frames, and `use_resolution_binning` off."""

from __future__ import annotations

from diffusers import (
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    SanaVideoPipeline,
    SanaVideoTransformer3DModel,
)
from transformers import Gemma2Config, Gemma2Model

from vmevalkit.models.untrained.assembly import assemble
from vmevalkit.models.untrained.text import gemma_tokenizer
from vmevalkit.models.untrained.wan import autoencoder

_LATENTS = 16
_TEXT_WIDTH = 8
_TEXT = {
    "vocab_size": 128,
    "hidden_size": _TEXT_WIDTH,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "attn_implementation": "eager",
}
_TRANSFORMER = {
    "in_channels": _LATENTS,
    "out_channels": _LATENTS,
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "num_layers": 2,
    "num_cross_attention_heads": 2,
    "cross_attention_head_dim": 12,
    "cross_attention_dim": 24,
    "caption_channels": _TEXT_WIDTH,
    "mlp_ratio": 2.5,
    "sample_size": 8,
    "patch_size": (1, 2, 2),
}


def build() -> DiffusionPipeline:
    """A pipeline whose folder names the class without a picture, as the published one does.

    `SanaImageToVideoPipeline` has to be told to load it.
    """
    parts = {
        "tokenizer": lambda: gemma_tokenizer(300),
        "text_encoder": lambda: Gemma2Model(Gemma2Config(**_TEXT)),
        "transformer": lambda: SanaVideoTransformer3DModel(**_TRANSFORMER),
        "vae": autoencoder,
        "scheduler": lambda: FlowMatchEulerDiscreteScheduler(shift=8.0),
    }
    return assemble(SanaVideoPipeline, parts)
