"""CogVideoX: 8n+1 frames; `build_fixed_size` makes 48x32 alone, `build_any_size` sides up to 128 that divide by 16."""

from __future__ import annotations

from collections.abc import Mapping

from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDPMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXTransformer3DModel,
    DiffusionPipeline,
)

from vmevalkit.models.untrained.assembly import assemble
from vmevalkit.models.untrained.text import T5_WIDTH, t5_encoder, t5_tokenizer

_TOKENS = 226
_TRANSFORMER = {
    "num_attention_heads": 2,
    "attention_head_dim": 16,
    "in_channels": 8,
    "out_channels": 4,
    "time_embed_dim": 2,
    "text_embed_dim": T5_WIDTH,
    "num_layers": 1,
    "sample_frames": 9,
    "patch_size": 2,
    "temporal_compression_ratio": 4,
    "max_text_seq_length": _TOKENS,
    "use_rotary_positional_embeddings": True,
}
# Sides are those of the latents, an eighth of the picture's.
_FIXED_SIZE = {"sample_width": 6, "sample_height": 4, "use_learned_positional_embeddings": True}
_ANY_SIZE = {"sample_width": 16, "sample_height": 16, "patch_size_t": 2, "patch_bias": False, "ofs_embed_dim": 2}
_VAE = {
    "down_block_types": ("CogVideoXDownBlock3D",) * 4,
    "up_block_types": ("CogVideoXUpBlock3D",) * 4,
    "block_out_channels": (8, 8, 8, 8),
    "latent_channels": 4,
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "temporal_compression_ratio": 4,
}
_SCHEDULER = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
    "rescale_betas_zero_snr": True,
    "set_alpha_to_one": True,
}


def _build(size: Mapping[str, object], vae: Mapping[str, object], snr_shift: float) -> DiffusionPipeline:
    parts = {
        "tokenizer": lambda: t5_tokenizer(_TOKENS),
        "text_encoder": t5_encoder,
        "transformer": lambda: CogVideoXTransformer3DModel(**_TRANSFORMER, **size),
        "vae": lambda: AutoencoderKLCogVideoX(**_VAE, **vae),
        "scheduler": lambda: CogVideoXDPMScheduler(**_SCHEDULER, snr_shift_scale=snr_shift),
    }
    return assemble(CogVideoXImageToVideoPipeline, parts)


def build_fixed_size() -> DiffusionPipeline:
    """CogVideoX 5B, whose learned positions fit one size."""
    return _build(_FIXED_SIZE, {}, 3.0)


def build_any_size() -> DiffusionPipeline:
    """CogVideoX 1.5 5B; height and width must be given."""
    return _build(_ANY_SIZE, {"invert_scale_latents": True}, 1.0)
