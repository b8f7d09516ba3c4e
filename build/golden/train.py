"""Write what PEFT and PyTorch make of the tiny checkpoints in ten steps of training.

usage: train.py OUT QWEN        (OUT is engine/testdata, QWEN is engine/model/qwenvl/testdata; see build/golden/README.md)

For each checkpoint and method <folder>/train-<method>.safetensors holds the start values of the adapter with PEFT's names (init.*), the gradients
of the first step (grad.*) and the first ten losses. The conversations are those of golden.json, each with an answer, in batches of two.
"""
import json, sys
import torch
from PIL import Image
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import (AutoModelForImageTextToText, Idefics3ImageProcessorPil, Idefics3Processor, PreTrainedTokenizerFast,
                          Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor, Qwen2VLVideoProcessor, Qwen3VLForConditionalGeneration,
                          Qwen3VLProcessor)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

out, qwen = sys.argv[1:3]
torch.set_num_threads(1)
STEPS, RATE, RANK, ALPHA, SEED = 10, 0.01, 4, 6, 3
ANSWERS = ["a cat", "it is in the town", "no", "they differ"]
LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def read(folder, file):
    return json.load(open(f"{folder}/{file}"))


def tokenizer(folder, **special):
    return PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json", clean_up_tokenization_spaces=False,
                                   chat_template=read(folder, "tokenizer_config.json")["chat_template"], **special)


def idefics3(folder):
    tok = tokenizer(folder, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>")
    return (AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32), tok,
            Idefics3Processor(Idefics3ImageProcessorPil(**read(folder, "preprocessor_config.json")), tok, image_seq_len=4))


def qwenvl(model, processor):
    def load(folder):
        tok = tokenizer(folder, eos_token="<|im_end|>", pad_token="<|endoftext|>")
        prep = {k: v for k, v in read(folder, "preprocessor_config.json").items() if k != "image_processor_type"}
        return (model.from_pretrained(folder, dtype=torch.float32), tok,
                processor(Qwen2VLImageProcessorPil(**prep), tok, Qwen2VLVideoProcessor(), chat_template=tok.chat_template))

    return load


def build(folder, load, method):
    model, tok, proc = load(folder)
    torch.manual_seed(SEED)
    if method == "full":
        for n, p in model.named_parameters():
            p.requires_grad_("text_model" in n or "language_model" in n)
        net = model
    else:
        net = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, use_dora=method == "dora",
                                               target_modules=r".*(?:text|language)_model.*\.(" + "|".join(LAYERS) + ")"))
        with torch.no_grad():  # B as well, so that the gradients of A are not 0
            for n, p in net.named_parameters():
                if "lora_B" in n:
                    p.normal_(0, 0.2)
    net.eval()
    examples = []
    for case, answer in zip(read(folder, "golden.json"), ANSWERS):
        files = [p["path"] for m in case["messages"] for p in m["content"] if p["type"] == "image"]
        text = tok.apply_chat_template(case["messages"], tokenize=False, add_generation_prompt=True)
        pictures = [[Image.open(f"{folder}/{f}").convert("RGB") for f in files]] if files else None
        ask = proc(text=text, images=pictures, return_tensors="pt", add_special_tokens=False)
        ids = tok(answer + "<|im_end|>", add_special_tokens=False, return_tensors="pt")["input_ids"]
        n = ask["input_ids"].shape[1]
        full = torch.cat([ask["input_ids"], ids], 1)
        labels = torch.full_like(full, -100)
        labels[:, n:] = full[:, n:]
        # The answers inside of the conversation are answers too.
        at = 0
        for m in case["messages"]:
            piece = tok.apply_chat_template([m], tokenize=False)
            if m["role"] == "assistant":
                said = tok(m["content"][0]["text"] + "<|im_end|>", add_special_tokens=False)["input_ids"]
                row = full[0].tolist()
                at = next(i for i in range(at, len(row)) if row[i : i + len(said)] == said)
                labels[0, at : at + len(said)] = full[0, at : at + len(said)]
        inputs = {k: v for k, v in ask.items() if k.startswith("pixel") or k == "image_grid_thw"}
        if "mm_token_type_ids" in ask:  # by which Qwen's positions are found
            inputs["mm_token_type_ids"] = torch.cat([ask["mm_token_type_ids"], torch.zeros_like(ids)], 1)
        examples.append((full, labels, inputs))
    params = {n.replace(".default", ""): p for n, p in net.named_parameters() if p.requires_grad}
    tensors = {"init." + n: p.detach().clone() for n, p in params.items()} if method != "full" else {}
    adam = torch.optim.AdamW(params.values(), lr=RATE if method != "full" else RATE / 10, weight_decay=0.0)
    losses = []
    for step in range(STEPS):
        batch = [examples[(2 * step + i) % 4] for i in range(2)]
        count = sum(int((l[:, 1:] != -100).sum()) for _, l, _ in batch)
        total = 0
        for ids, labels, inputs in batch:
            logits = net(input_ids=ids, **inputs).logits
            loss = torch.nn.functional.cross_entropy(logits[0, :-1], labels[0, 1:], ignore_index=-100, reduction="sum") / count
            loss.backward()
            total += loss.item()
        losses.append(total)
        if step == 0:
            if method != "full":
                tensors |= {"grad." + n: p.grad.clone() for n, p in params.items()}
            else:
                tensors["grad.norm"] = torch.tensor([p.grad.norm() for p in params.values() if p.grad is not None]).norm().reshape(1)
        torch.nn.utils.clip_grad_norm_(params.values(), 1.0)
        for g in adam.param_groups:
            g["lr"] = (RATE if method != "full" else RATE / 10) * 0.5 * (1 + torch.cos(torch.tensor(torch.pi * step / STEPS)).item())
        adam.step()
        adam.zero_grad()
    tensors["losses"] = torch.tensor(losses)
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{folder}/train-{method}.safetensors")
    print(folder, method, [f"{l:.4f}" for l in losses])


for name in ["idefics3-split", "smolvlm-whole"]:
    for method in ["lora", "dora", "full"]:
        build(f"{out}/{name}", idefics3, method)
build(f"{qwen}/qwen2.5-vl", qwenvl(Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor), "lora")
build(f"{qwen}/qwen3-vl", qwenvl(Qwen3VLForConditionalGeneration, Qwen3VLProcessor), "lora")
