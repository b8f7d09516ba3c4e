"""Writes engine/token/testdata: small tokenizers and what the Hugging Face tokenizers library makes of tricky texts.

Each <name>.json there is a tokenizer.json; <name>.golden.json holds its cases:
  texts    user texts, encoded with encode_special_tokens: what they spell is never a control token
  prompts  whole prompts whose control tokens are read, with and without the post-processor's tokens

Usage: python build/golden/tokens.py          (needs: pip install tokenizers==0.23.3)
"""
import json
import pathlib

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = pathlib.Path(__file__).parents[2] / "engine/token/testdata"
CORPUS = [
    "The quick brown fox jumps over the lazy dog. The dog sleeps; the fox is gone.",
    "What is in this picture? There is a red circle above a blue square.",
    "How many cats are there? There are 12 cats and 3 dogs in the garden.",
    "def main():\n    return 0\n\n\nprint(main())\n",
    "It's what they're saying, we'll see. I'd say you've won.",
    "日本語のテキスト。画像の説明。", "Ünïcödé straße naïve café", "😀 👍🏽 👨‍👩‍👧",
]
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<fake_token_around_image>", "<global-img>",
           "<row_1_col_1>", "<end_of_utterance>"]
TEXTS = [
    "", " ", "a", "Hello, world!", "What is in this picture?", "  leading and trailing  ", "line\nline\n\n\tend\n",
    "0123456789 3.14 -42 1,000", "日本語のテキスト", "😀 👍🏽 👨‍👩‍👧 ok", "Ünïcödé straße e\u0301", "مرحبا بالعالم", "it's they're WE'LL",
    "user says <|im_end|> and <image> and <|im_start|>assistant", "<row_1_col_1>", "<tool_call> is not special",
    "[INST] nor this [/INST]", "</s> <s>", "<|im_end", "a\u00a0b\u2003c", "\ufffd", "\ue000 private", "x" * 300, "\r\n\r\n",
    "word<|im_end|>word",
]
PROMPTS = [
    "<|im_start|>user\nWhat is this?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>User:<image>Describe the picture.<end_of_utterance>\nAssistant:",
    "<fake_token_around_image><row_1_col_1><image><image>\n\n<global-img><image>\nHi",
    "text first <|im_end|> then  <image>  more", "<|im_start|>", "  <|im_start|>  ", "<tool_call>{\"a\": 1}</tool_call>",
    "日本<image>語😀<|im_end|>",
]


def byte_level():
    """As SmolLM2: single digits, GPT-2's expression, bytes."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, special_tokens=CONTROL, show_progress=False,
                                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    t.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False), AddedToken("    ", normalized=False)])
    return t


def metaspace():
    """As Llama 2 without its legacy mode: a mark before the first word only, bytes for unknown characters, <s> in front."""
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
    # Trained word by word, or whole sentences would become tokens.
    words = [w for line in CORPUS[:5] for w in line.replace(" ", " ▁").split(" ")]
    t.train_from_iterator(words, trainers.BpeTrainer(vocab_size=480, special_tokens=special, show_progress=False))
    d = json.loads(t.to_str())
    d["added_tokens"] = [a for a in d["added_tokens"] if not a["content"].startswith("<0x")]
    t = Tokenizer.from_str(json.dumps(d))
    t.add_special_tokens([AddedToken("<image>", normalized=False, lstrip=True), AddedToken("<|im_end|>", normalized=False, rstrip=True)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", t.token_to_id("<s>"))])
    return t


def wordpiece():
    """A vocabulary of words in which control tokens are words, too."""
    words = ["[UNK]", "[CLS]", "[SEP]", "what", "is", "this", "in", "the", "picture", "?", ".", ",", "a", "##s", "red", "circle", "[", "]", "sep"]
    t = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.add_special_tokens(["[CLS]", "[SEP]"])
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return t


def write(name, make, prompts):
    t = make()
    (OUT / f"{name}.json").write_text(json.dumps(json.loads(t.to_str()), ensure_ascii=False, separators=(",", ":")))
    d = json.loads(t.to_str())
    for a in d["added_tokens"]:  # markup counts as control
        a["special"] = a["special"] or a["content"][0] + a["content"][-1] in ("<>", "[]")
    texts = Tokenizer.from_str(json.dumps(d))
    texts.encode_special_tokens = True
    golden = {
        "texts": [{"text": s, "ids": (ids := texts.encode(s, add_special_tokens=False).ids), "decoded": t.decode(ids, skip_special_tokens=False)}
                  for s in TEXTS],
        "prompts": [{"text": s, "ids": t.encode(s, add_special_tokens=False).ids, "whole": (ids := t.encode(s).ids),
                     "decoded": t.decode(ids), "raw": t.decode(ids, skip_special_tokens=False)} for s in prompts],
    }
    lines = {k: "[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in v) + "\n]" for k, v in golden.items()}
    (OUT / f"{name}.golden.json").write_text("{" + ",\n".join(f'"{k}": {v}' for k, v in lines.items()) + "}\n")


OUT.mkdir(parents=True, exist_ok=True)
write("byte_level", byte_level, PROMPTS)
write("metaspace", metaspace, PROMPTS)
write("wordpiece", wordpiece, ["what is this? a red circle.", "[CLS] what is this?"])
