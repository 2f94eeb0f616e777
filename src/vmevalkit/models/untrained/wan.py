"""Wan 2.1 and 2.2: sides divide by 16 (`build_dense`: by 32), 4n+1 frames."""

from __future__ import annotations

from collections.abc import Callable

from diffusers import (
    AutoencoderKLWan,
    DiffusionPipeline,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

from vmevalkit.models.untrained.assembly import Parts, assemble
from vmevalkit.models.untrained.text import T5_WIDTH, t5_tokenizer, umt5_encoder

_TOKENS = 512
_LATENTS, _DENSE_LATENTS = 16, 48
# A picture's latents come with a mask of four channels, one for each frame that a latent stands for.
_WITH_PICTURE = _LATENTS + 4 + _LATENTS
_VAE = {
    "base_dim": 3,
    "z_dim": _LATENTS,
    "dim_mult": [1, 1, 1, 1],
    "num_res_blocks": 1,
    "temperal_downsample": [False, True, True],
}
_DENSE_VAE = {
    **_VAE,
    "z_dim": _DENSE_LATENTS,
    "in_channels": 12,
    "out_channels": 12,
    "is_residual": True,
    "patch_size": 2,
    "latents_mean": [0.0] * _DENSE_LATENTS,
    "latents_std": [1.0] * _DENSE_LATENTS,
    "scale_factor_spatial": 16,
    "scale_factor_temporal": 4,
}
_TRANSFORMER = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "text_dim": T5_WIDTH,
    "freq_dim": 256,
    "ffn_dim": 32,
    "num_layers": 2,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
}
_VISION = {
    "hidden_size": 4,
    "projection_dim": 4,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
    "intermediate_size": 16,
}
_VISION_TOKENS = 1 + (32 // 8) ** 2


def autoencoder() -> AutoencoderKLWan:
    """The autoencoder of Wan 2.1, which others have as well."""
    return AutoencoderKLWan(**_VAE)


def _around(vae: Callable[[], AutoencoderKLWan]) -> Parts:
    """What every pipeline has beside its transformers."""
    return {
        "tokenizer": lambda: t5_tokenizer(_TOKENS),
        "text_encoder": umt5_encoder,
        "scheduler": lambda: UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
        "vae": vae,
    }


def _vision() -> Parts:
    return {
        "image_encoder": lambda: CLIPVisionModel(CLIPVisionConfig(**_VISION)),
        "image_processor": lambda: CLIPImageProcessor(size=32, crop_size=32),
    }


def _transformer(channels: int, latents: int, **more: object) -> WanTransformer3DModel:
    return WanTransformer3DModel(in_channels=channels, out_channels=latents, **_TRANSFORMER, **more)


def build_from_first_frame() -> DiffusionPipeline:
    """Wan 2.1, which looks at the first frame with an encoder of its own; takes no last frame."""
    transformer = {"transformer": lambda: _transformer(_WITH_PICTURE, _LATENTS, image_dim=4)}
    return assemble(WanImageToVideoPipeline, {**_around(autoencoder), **_vision(), **transformer})


def build_between_frames() -> DiffusionPipeline:
    """Wan 2.1 between two frames: `last_image` must be given."""
    places = 2 * _VISION_TOKENS
    transformer = {"transformer": lambda: _transformer(_WITH_PICTURE, _LATENTS, image_dim=4, pos_embed_seq_len=places)}
    return assemble(WanImageToVideoPipeline, {**_around(autoencoder), **_vision(), **transformer})


def build_two_experts() -> DiffusionPipeline:
    """Wan 2.2 A14B: one transformer for the noisy steps and one for the rest; `last_image` may be given."""
    transformers = {
        "transformer": lambda: _transformer(_WITH_PICTURE, _LATENTS),
        "transformer_2": lambda: _transformer(_WITH_PICTURE, _LATENTS),
    }
    return assemble(WanImageToVideoPipeline, {**_around(autoencoder), **transformers}, boundary_ratio=0.9)


def build_dense() -> DiffusionPipeline:
    """Wan 2.2 TI2V 5B, whose folder names the class without a picture, as the published one does.

    `WanImageToVideoPipeline` has to be told to load it.
    """
    transformer = {"transformer": lambda: _transformer(_DENSE_LATENTS, _DENSE_LATENTS)}
    return assemble(
        WanPipeline, {**_around(lambda: AutoencoderKLWan(**_DENSE_VAE)), **transformer}, expand_timesteps=True
    )


def build_editor() -> DiffusionPipeline:
    """Wan 2.1 VACE: frames are given as a video with a mask that says which of them to keep."""
    transformer = {
        "transformer": lambda: WanVACETransformer3DModel(
            in_channels=_LATENTS, out_channels=_LATENTS, vace_layers=[0], vace_in_channels=96, **_TRANSFORMER
        )
    }
    return assemble(WanVACEPipeline, {**_around(autoencoder), **transformer})
