"""Whether the engine answers as transformers does: questions of the set to one merged checkpoint, by both.

usage: agree.py SET_DIR MERGED_DIR ANSWERS.jsonl [EVERY]

MERGED_DIR is a checkpoint in bf16 as build/model/export.py leaves it; ANSWERS.jsonl is what `run.sh --model MERGED_DIR --exact` left. Every
EVERYth question (20 unless told) of one turn is asked again, greedily and in f32. Prints where the two part, and how many answers are equal.
"""
import json, os, sys
import torch
from PIL import Image
from transformers import AutoProcessor, Idefics3ForConditionalGeneration


@torch.no_grad()
def ask(model, processor, folder, question, most):
    pictures = [Image.open(os.path.join(folder, p)).convert("RGB") for p in question["pictures"]]
    content = [{"type": "image"} for _ in pictures] + [{"type": "text", "text": question["turns"][0]["question"]}]
    prompt = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    x = processor(text=prompt, images=pictures, return_tensors="pt")
    y = model.generate(**x, max_new_tokens=most, do_sample=False, return_dict_in_generate=True, output_logits=True)
    ids = y.sequences[0, x["input_ids"].shape[1]:].tolist()
    gaps = [float((v := l[0].float().topk(2).values)[0] - v[1]) for l in y.logits]
    return ids, gaps, processor.tokenizer.decode(ids, skip_special_tokens=True)


def main(folder, merged, answers, every=20):
    engine = {a["ID"]: a for a in map(json.loads, list(open(answers))[1:]) if a["Turn"] == 0}
    asked = [q for q in json.load(open(f"{folder}/set.json")) if len(q["turns"]) == 1 and q["id"] in engine][::int(every)]
    model = Idefics3ForConditionalGeneration.from_pretrained(merged, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(merged, backend="pil")
    equal = ties = 0
    for q in asked:
        mine = engine[q["id"]]
        ids, gaps, text = ask(model, processor, folder, q, 256 if q["turns"][0]["score"] == "cer" else 96)
        if text == mine["Answer"]:
            equal += 1
            continue
        at = next((i for i, (a, b) in enumerate(zip(ids, mine["Tokens"])) if a != b), min(len(ids), len(mine["Tokens"])))
        gap = gaps[min(at, len(gaps) - 1)]
        ties += gap < 0.01
        print(f"{q['id']}: token {at}, where transformers' best two are {gap:.4f} apart\n  transformers {text!r}\n  engine       {mine['Answer']!r}", flush=True)
    print(f"{equal} of {len(asked)} answers equal; of the others {ties} part where the best two tokens are less than 0.01 apart")


if __name__ == "__main__":
    main(*sys.argv[1:])
