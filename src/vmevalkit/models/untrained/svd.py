"""Stable Video Diffusion: sides divide by 8, 2 frames or more."""

from __future__ import annotations

from diffusers import (
    AutoencoderKLTemporalDecoder,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from vmevalkit.models.untrained.assembly import assemble

_UNET = {
    "block_out_channels": (32, 64),
    "layers_per_block": 1,
    "sample_size": 32,
    "in_channels": 8,
    "out_channels": 4,
    "down_block_types": ("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
    "up_block_types": ("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
    "cross_attention_dim": 32,
    "num_attention_heads": 2,
    "projection_class_embeddings_input_dim": 96,
    "addition_time_embed_dim": 32,
}
_SCHEDULER = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "sigma_min": 0.002,
    "sigma_max": 700.0,
    "timestep_type": "continuous",
    "timestep_spacing": "leading",
    "steps_offset": 1,
    "interpolation_type": "linear",
    "use_karras_sigmas": True,
}
# Four blocks shrink the picture by 8, as the published one does: with fewer, the rest has many times the work.
_VAE = {
    "block_out_channels": (32, 32, 32, 32),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "layers_per_block": 1,
    "latent_channels": 4,
}
# The pipeline resizes to 224 itself, whatever the processor says.
_SIDE = 224
_VISION = {
    "hidden_size": 32,
    "projection_dim": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "image_size": _SIDE,
    "patch_size": 56,
    "intermediate_size": 37,
}


def build() -> DiffusionPipeline:
    """A pipeline that looks at the picture alone: it takes no text."""
    parts = {
        "unet": lambda: UNetSpatioTemporalConditionModel(**_UNET),
        "scheduler": lambda: EulerDiscreteScheduler(**_SCHEDULER),
        "vae": lambda: AutoencoderKLTemporalDecoder(**_VAE),
        "image_encoder": lambda: CLIPVisionModelWithProjection(CLIPVisionConfig(**_VISION)),
        "feature_extractor": lambda: CLIPImageProcessor(size=_SIDE, crop_size=_SIDE),
    }
    return assemble(StableVideoDiffusionPipeline, parts)
