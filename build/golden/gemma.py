"""Write tiny random checkpoints of Gemma 3 and PaliGemma and what transformers computes with them.

usage: TOKENIZERS=DIR gemma.py OUT        (OUT is engine/model; see build/golden/README.md)
"""
import json, os, sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import checkpoint as c
from transformers import (Gemma3Config, Gemma3ForCausalLM, Gemma3ForConditionalGeneration, Gemma3Processor, Gemma3TextConfig, PaliGemmaConfig,
                          PaliGemmaForConditionalGeneration, PaliGemmaProcessor)
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.paligemma import processing_paligemma
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

TEMPLATE = json.load(open(f"{c.TOKENIZERS}/tokenizer-gemma3/models/tokenizer_config.json"))["chat_template"]  # as published
GEMMA3 = ["<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>"]
# A window shorter than a picture, of every second layer; scaled rotary positions in the others.
WORDS = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=12, max_position_embeddings=512,
             query_pre_attn_scalar=10, sliding_window=11, sliding_window_pattern=2, rope_theta=1e6, rope_local_base_freq=10000,
             rope_scaling={"factor": 8.0, "rope_type": "linear"})
VISION = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=4, vision_use_head=False,
              model_type="siglip_vision_model")
PREP = dict(do_convert_rgb=None, do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5],
            rescale_factor=1 / 255, size={"height": 32, "width": 32})


def tokenizer(more, template, **tokens):
    corpus = c.corpus(["user\n", "model\n", "\n", "\n\n", "user\n\n\n", "\n\n\n\n", "user", "Be brief.\n\none"])
    tok = c.wrapped(c.trimmed("gemma3", more, corpus), template, bos_token="<bos>", unk_token="<unk>", pad_token="<pad>", **tokens)
    return tok, dict(vocab_size=(len(tok) + 63) // 64 * 64)


def randomize(model):
    """Layers are strong beside embeddings, which are scaled here."""
    c.randomize(model, words=0.3)
    for name, p in model.named_parameters():
        if "post_attention_layernorm" in name or "post_feedforward_layernorm" in name:
            p.data = (p.data + 3).bfloat16().float()
    return model


def states(model):
    return lambda inputs: [h[0] for h in model.model.vision_tower(inputs["pixel_values"][-1:], output_hidden_states=True).hidden_states[1:]]


def text3():
    tok, size = tokenizer(GEMMA3, TEMPLATE, eos_token="<end_of_turn>")
    model = randomize(Gemma3ForCausalLM(Gemma3TextConfig(**WORDS, **size)))
    folder = f"{sys.argv[1]}/gemma/testdata/gemma3-text"
    c.save(folder, model, tok, None, lambda k: k, True, WORDS | size)
    c.golden(folder, model, c.Plain(tok), None, None, c.TURNS)


def gemma3():
    tok, size = tokenizer(GEMMA3, TEMPLATE, eos_token="<end_of_turn>")
    id = tok.convert_tokens_to_ids
    tok.boi_token, tok.eoi_token, tok.image_token = GEMMA3[2:]
    tok.boi_token_id, tok.eoi_token_id, tok.image_token_id = map(id, GEMMA3[2:])
    tokens = dict(boi_token_index=tok.boi_token_id, eoi_token_index=tok.eoi_token_id, image_token_index=tok.image_token_id, mm_tokens_per_image=16)
    model = randomize(Gemma3ForConditionalGeneration(Gemma3Config(text_config=WORDS | size, vision_config=VISION, **tokens)))
    folder = f"{sys.argv[1]}/gemma3/testdata/gemma3"
    prep = PREP | dict(resample=2, image_seq_length=16, do_pan_and_scan=None)
    c.save(folder, model, tok, prep | {"image_processor_type": "Gemma3ImageProcessor"}, c.tower, True,
           dict(text_config=WORDS | size | {"model_type": "gemma3_text"}, vision_config=VISION, eos_token_id=[1, tok.eos_token_id], **tokens))
    proc = Gemma3Processor(Gemma3ImageProcessorPil(**PREP, resample=2), tok, chat_template=TEMPLATE, image_seq_length=16)
    c.golden(folder, model, proc, lambda i: model.model.get_image_features(i["pixel_values"]).pooler_output.reshape(-1, 32), states(model))


class Asked:
    """PaliGemma's processor as it is used: pictures, then the last question. It refuses to do without pictures, and there is no template."""

    def __init__(self, proc):
        self.proc, self.tokenizer = proc, proc.tokenizer

    def apply_chat_template(self, messages, **args):
        pictures = sum(p["type"] == "image" for m in messages for p in m["content"])
        return "<image>" * pictures + "".join(p["text"] for p in messages[-1]["content"] if p["type"] == "text")

    def __call__(self, text, images, return_tensors, **args):
        if images:
            return {k: v for k, v in self.proc(text=text, images=[images], return_tensors=return_tensors).items() if k != "labels"}
        ids = self.tokenizer(self.tokenizer.bos_token + text + "\n", add_special_tokens=False, return_tensors=return_tensors)
        return {"input_ids": ids["input_ids"], "token_type_ids": ids["input_ids"] * 0}


def paligemma():
    # PaliGemma's tokenizer is Gemma's of the same spelling, with <image> and places in pictures, which nobody asks for here.
    processing_paligemma.EXTRA_TOKENS = []
    tok, size = tokenizer(["<image>"], None, eos_token="<eos>")
    tok.image_token, tok.image_token_id = "<image>", tok.convert_tokens_to_ids("<image>")
    words = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=1, head_dim=12, model_type="gemma",
                 max_position_embeddings=512) | size
    vision = VISION | dict(patch_size=8, projection_dim=32)
    config = dict(text_config=words, vision_config=vision, image_token_index=tok.image_token_id, projection_dim=32, hidden_size=32)
    model = randomize(PaliGemmaForConditionalGeneration(PaliGemmaConfig(**config)))
    folder = f"{sys.argv[1]}/paligemma/testdata/paligemma"
    prep = PREP | dict(resample=3, image_seq_length=16)
    c.save(folder, model, tok, prep | {"image_processor_type": "SiglipImageProcessor"}, c.tower, True, config)
    images = SiglipImageProcessorPil(**PREP, resample=3)
    images.image_seq_length = 16
    c.golden(folder, model, Asked(PaliGemmaProcessor(images, tok)), lambda i: model.model.get_image_features(i["pixel_values"]).pooler_output.reshape(-1, 32),
             states(model))


if __name__ == "__main__":
    text3()
    gemma3()
    paligemma()
