"""Write what PEFT and PyTorch make of the tiny checkpoints in ten steps of training.

usage: train.py OUT        (OUT is engine/testdata; see build/golden/README.md)

For each checkpoint and method OUT/<name>/train-<method>.safetensors holds the start values of the adapter with PEFT's names (init.*), the gradients
of the first step (grad.*) and the first ten losses. The conversations are those of golden.json, each with an answer, in batches of two.
"""
import json, sys
import torch
from PIL import Image
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForImageTextToText, PreTrainedTokenizerFast, Idefics3Processor, Idefics3ImageProcessorPil

out = sys.argv[1]
torch.set_num_threads(1)
STEPS, RATE, RANK, ALPHA, SEED = 10, 0.01, 4, 6, 3
ANSWERS = ["a cat", "it is in the town", "no", "they differ"]
LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def build(name, method):
    folder = f"{out}/{name}"
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
    tok = PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json", bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>",
                                  clean_up_tokenization_spaces=False, chat_template=json.load(open(f"{folder}/tokenizer_config.json"))["chat_template"])
    proc = Idefics3Processor(Idefics3ImageProcessorPil(**json.load(open(f"{folder}/preprocessor_config.json"))), tok, image_seq_len=4)
    torch.manual_seed(SEED)
    if method == "full":
        for n, p in model.named_parameters():
            p.requires_grad_("text_model" in n)
        net = model
    else:
        net = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, use_dora=method == "dora",
                                               target_modules=r".*text_model.*\.(" + "|".join(LAYERS) + ")"))
        with torch.no_grad():  # B as well, so that the gradients of A are not 0
            for n, p in net.named_parameters():
                if "lora_B" in n:
                    p.normal_(0, 0.2)
    net.eval()
    examples = []
    for case, answer in zip(json.load(open(f"{folder}/golden.json")), ANSWERS):
        files = [p["path"] for m in case["messages"] for p in m["content"] if p["type"] == "image"]
        text = tok.apply_chat_template(case["messages"], tokenize=False, add_generation_prompt=True)
        pictures = [[Image.open(f"{folder}/{f}") for f in files]] if files else None
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
        inputs = {k: v for k, v in ask.items() if k.startswith("pixel")}
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
    print(name, method, [f"{l:.4f}" for l in losses])


for name in ["idefics3-split", "smolvlm-whole"]:
    for method in ["lora", "dora", "full"]:
        build(name, method)
