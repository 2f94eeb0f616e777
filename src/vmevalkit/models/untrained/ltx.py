"""LTX-Video: sides divide by 32, 8n+1 frames."""

from __future__ import annotations

from diffusers import (
    AutoencoderKLLTXVideo,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    LTXImageToVideoPipeline,
    LTXVideoTransformer3DModel,
)

from vmevalkit.models.untrained.assembly import assemble
from vmevalkit.models.untrained.text import T5_WIDTH, t5_encoder, t5_tokenizer

_LATENTS = 8
_TRANSFORMER = {
    "in_channels": _LATENTS,
    "out_channels": _LATENTS,
    "num_attention_heads": 4,
    "attention_head_dim": 8,
    "cross_attention_dim": 32,
    "num_layers": 1,
    "caption_channels": T5_WIDTH,
}
_VAE = {
    "latent_channels": _LATENTS,
    "block_out_channels": (8, 8, 8, 8),
    "decoder_block_out_channels": (8, 8, 8, 8),
    "layers_per_block": (1, 1, 1, 1, 1),
    "decoder_layers_per_block": (1, 1, 1, 1, 1),
}


def build() -> DiffusionPipeline:
    """A pipeline that `LTXConditionPipeline` loads as well."""
    parts = {
        "tokenizer": lambda: t5_tokenizer(128),
        "text_encoder": t5_encoder,
        "transformer": lambda: LTXVideoTransformer3DModel(**_TRANSFORMER),
        "vae": lambda: AutoencoderKLLTXVideo(**_VAE),
        "scheduler": FlowMatchEulerDiscreteScheduler,
    }
    return assemble(LTXImageToVideoPipeline, parts)
