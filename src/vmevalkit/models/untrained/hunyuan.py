"""HunyuanVideo image-to-video: sides divide by 16, 4n+1 frames."""

from __future__ import annotations

import re

from diffusers import (
    AutoencoderKLHunyuanVideo,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoImageToVideoPipeline,
    HunyuanVideoTransformer3DModel,
)
from diffusers.pipelines.hunyuan_video.pipeline_hunyuan_video_image2video import DEFAULT_PROMPT_TEMPLATE
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from vmevalkit.models.untrained.assembly import assemble
from vmevalkit.models.untrained.text import CHARACTERS

_SPECIAL = ("<unk>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<image>", "<pad>")
_UNKNOWN, _BEGIN, _, _, _TURN_END, _IMAGE, _PAD = range(len(_SPECIAL))
_ROLES = {
    "unk_token": _SPECIAL[_UNKNOWN],
    "bos_token": _SPECIAL[_BEGIN],
    "eos_token": _SPECIAL[_TURN_END],
    "pad_token": _SPECIAL[_PAD],
    "additional_special_tokens": ["<|start_header_id|>", "<|end_header_id|>", "<image>"],
}
# A word with the space before it, a number, a line break or two, or a sign: that makes 103 pieces of the pipeline's own
# text before the prompt, which is how many it cuts off.
_WORD = r"\n\n|\n| ?[^\W\d]+|\d+| ?[^\w\s]|\s"
_LATENTS = 4
_TEXT_WIDTH, _POOLED_WIDTH = 16, 8
# The pipeline counts on 24 by 24 patches, whatever the encoder has.
_SIDE, _PATCH = 48, 2
_TRANSFORMER = {
    "in_channels": _LATENTS,
    "out_channels": _LATENTS,
    "num_attention_heads": 2,
    "attention_head_dim": 10,
    "num_layers": 1,
    "num_single_layers": 1,
    "num_refiner_layers": 1,
    "patch_size": 1,
    "patch_size_t": 1,
    "guidance_embeds": True,
    "text_embed_dim": _TEXT_WIDTH,
    "pooled_projection_dim": _POOLED_WIDTH,
    "rope_axes_dim": (2, 4, 4),
    "image_condition_type": "token_replace",
}
_VAE = {
    "down_block_types": ("HunyuanVideoDownBlock3D",) * 4,
    "up_block_types": ("HunyuanVideoUpBlock3D",) * 4,
    "block_out_channels": (8, 8, 8, 8),
    "latent_channels": _LATENTS,
    "layers_per_block": 1,
    "norm_num_groups": 4,
}
_LLAMA = {
    "hidden_size": _TEXT_WIDTH,
    "intermediate_size": 37,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "vocab_size": 256,
    "pad_token_id": _PAD,
    "bos_token_id": _BEGIN,
    "eos_token_id": _TURN_END,
}
_VISION = {
    "hidden_size": 8,
    "intermediate_size": 37,
    "projection_dim": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "image_size": _SIDE,
    "patch_size": _PATCH,
}
_CLIP = {
    "hidden_size": _POOLED_WIDTH,
    "intermediate_size": 37,
    "projection_dim": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "vocab_size": 256,
    "bos_token_id": 0,
    "eos_token_id": 1,
}


def _llama_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer that reads the words of the pipeline's own text as wholes, and everything else by characters."""
    words = dict.fromkeys(re.findall(_WORD, DEFAULT_PROMPT_TEMPLATE["template"].replace("{}", "")))
    pieces = [(piece, -3.0) for piece in (*CHARACTERS, " ")]
    pieces += [(word, -1.0) for word in words if len(word) > 1 or word.isspace()]
    known = dict([*((token, 0.0) for token in _SPECIAL), *pieces])
    tokenizer = Tokenizer(Unigram(list(known.items()), unk_id=_UNKNOWN, byte_fallback=False))
    tokenizer.pre_tokenizer = Split(Regex(_WORD), behavior="isolated")
    begin = _SPECIAL[_BEGIN]
    tokenizer.post_processor = TemplateProcessing(single=[begin, "$A"], special_tokens=[(begin, _BEGIN)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **_ROLES)


def _clip_tokenizer() -> CLIPTokenizer:
    endings = [character + "</w>" for character in CHARACTERS]
    tokens = ("<|startoftext|>", "<|endoftext|>", *CHARACTERS, *endings)
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def _llava() -> LlavaForConditionalGeneration:
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**_VISION),
        text_config=LlamaConfig(**_LLAMA),
        image_token_index=_IMAGE,
        image_seq_length=(_SIDE // _PATCH) ** 2,
        pad_token_id=_PAD,
    )
    return LlavaForConditionalGeneration(config)


def build() -> DiffusionPipeline:
    """A pipeline that puts the picture in place of the first latent frame, and keeps all frames it is asked for."""
    parts = {
        "text_encoder": _llava,
        "tokenizer": _llama_tokenizer,
        "text_encoder_2": lambda: CLIPTextModel(CLIPTextConfig(**_CLIP)),
        "tokenizer_2": _clip_tokenizer,
        "image_processor": lambda: CLIPImageProcessor(size=_SIDE, crop_size=_SIDE),
        "transformer": lambda: HunyuanVideoTransformer3DModel(**_TRANSFORMER),
        "vae": lambda: AutoencoderKLHunyuanVideo(**_VAE),
        "scheduler": lambda: FlowMatchEulerDiscreteScheduler(shift=7.0),
    }
    return assemble(HunyuanVideoImageToVideoPipeline, parts)
