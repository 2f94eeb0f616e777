"""LTX-2, with sound: sides divide by 32, 8n+1 frames, `num_frames` given."""

from __future__ import annotations

from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    LTX2ImageToVideoPipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder
from transformers import Gemma3Config, Gemma3ForConditionalGeneration

from vmevalkit.models.untrained.assembly import assemble
from vmevalkit.models.untrained.text import gemma_tokenizer

_LATENTS = 4
_TEXT_WIDTH, _TEXT_LAYERS = 16, 2
_TRANSFORMER = {
    "in_channels": _LATENTS,
    "out_channels": _LATENTS,
    "num_attention_heads": 2,
    "attention_head_dim": 8,
    "cross_attention_dim": 16,
    "audio_in_channels": 4,
    "audio_out_channels": 4,
    "audio_num_attention_heads": 2,
    "audio_attention_head_dim": 4,
    "audio_cross_attention_dim": 8,
    "num_layers": 2,
    "caption_channels": _TEXT_WIDTH,
    "rope_type": "split",
    "rope_double_precision": False,
}
_CONNECTORS = {
    "caption_channels": _TEXT_WIDTH,
    "text_proj_in_factor": _TEXT_LAYERS + 1,
    "video_connector_num_attention_heads": 2,
    "video_connector_attention_head_dim": 8,
    "video_connector_num_layers": 1,
    "video_connector_num_learnable_registers": None,
    "audio_connector_num_attention_heads": 2,
    "audio_connector_attention_head_dim": 8,
    "audio_connector_num_layers": 1,
    "audio_connector_num_learnable_registers": None,
    "connector_rope_base_seq_len": 32,
    "rope_double_precision": False,
    "rope_type": "split",
}
_VAE = {
    "latent_channels": _LATENTS,
    "block_out_channels": (8, 8, 8),
    "down_block_types": ("LTX2VideoDownBlock3D",) * 3,
    "decoder_block_out_channels": (8, 8, 8),
    "layers_per_block": (1, 1, 1, 1),
    "decoder_layers_per_block": (1, 1, 1, 1),
    "spatio_temporal_scaling": (True, True, True),
    "decoder_spatio_temporal_scaling": (True, True, True),
    "decoder_inject_noise": (False, False, False, False),
    "downsample_type": ("spatiotemporal", "spatiotemporal", "spatiotemporal"),
    "upsample_residual": (False, False, False),
    "upsample_factor": (1, 1, 1),
    "timestep_conditioning": False,
    "decoder_causal": False,
    "decoder_spatial_padding_mode": "zeros",
}
_AUDIO_VAE = {
    "base_channels": 4,
    "output_channels": 2,
    "ch_mult": (1,),
    "num_res_blocks": 1,
    "in_channels": 2,
    "resolution": 32,
    "latent_channels": 2,
    "norm_type": "pixel",
    "causality_axis": "height",
    "sample_rate": 16000,
    "mel_hop_length": 160,
    "mel_bins": 8,
}
_VOCODER = {
    "in_channels": 16,
    "hidden_channels": 32,
    "out_channels": 2,
    "upsample_kernel_sizes": [4, 4],
    "upsample_factors": [2, 2],
    "resnet_kernel_sizes": [3],
    "resnet_dilations": [[1, 3, 5]],
    "output_sampling_rate": 16000,
}
_GEMMA = {
    "text_config": {
        "vocab_size": 128,
        "hidden_size": _TEXT_WIDTH,
        "intermediate_size": 32,
        "num_hidden_layers": _TEXT_LAYERS,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "sliding_window": 32,
    },
    "vision_config": {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    },
    "mm_tokens_per_image": 4,
    "image_token_index": 120,
    "boi_token_index": 121,
    "eoi_token_index": 122,
}


def build() -> DiffusionPipeline:
    """A pipeline whose videos come with two channels of sound at 16 kHz."""
    parts = {
        "tokenizer": lambda: gemma_tokenizer(1024),
        "text_encoder": lambda: Gemma3ForConditionalGeneration(Gemma3Config(**_GEMMA)),
        "connectors": lambda: LTX2TextConnectors(**_CONNECTORS),
        "transformer": lambda: LTX2VideoTransformer3DModel(**_TRANSFORMER),
        "vae": lambda: AutoencoderKLLTX2Video(**_VAE),
        "audio_vae": lambda: AutoencoderKLLTX2Audio(**_AUDIO_VAE),
        "vocoder": lambda: LTX2Vocoder(**_VOCODER),
        "scheduler": FlowMatchEulerDiscreteScheduler,
    }
    return assemble(LTX2ImageToVideoPipeline, parts)
