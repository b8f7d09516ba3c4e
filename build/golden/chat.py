"""Writes engine/chat/testdata: one file a template, with conversations and the prompts that transformers renders.

The templates are short ones in the manner of the named models' and of what theirs use.

Usage: python build/golden/chat.py          (needs: pip install transformers==5.23.0 jinja2)
"""
import json
import pathlib

from transformers.utils import chat_template_utils

OUT = pathlib.Path(__file__).parents[2] / "engine/chat/testdata"

TEMPLATES = {
    "smolvlm": "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}{% if message['content'][0]['type'] == 'image' %}{{':'}}"
    "{% else %}{{': '}}{% endif %}{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
    "smollm": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}"
    "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "either": "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "llama3": """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
        {%- if message['content'] is string %}
            {{- message['content'] | trim }}
        {%- else %}
            {%- for content in message['content'] %}
                {%- if content['type'] == 'image' %}
                    {{- '<|image|>' }}
                {%- elif content['type'] == 'text' %}
                    {{- content['text'] | trim }}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
        {{- '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "qwen2vl": "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}"
    "{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% elif content['type'] == 'video' or 'video' in content %}"
    "{% set video_count.value = video_count.value + 1 %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "llava": "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}"
    "{# Images first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{# Then texts #}{% if message['role'] != 'assistant' %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{{ content['text'] + ' '}}{% endfor %}{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{% generation %}{{ content['text'] + ' '}}{% endgeneration %}{% endfor %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}",
    "gemma": """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
""",
    "features": """{%- macro turn(role, text, end='<|im_end|>') -%}
<|im_start|>{{ role }}
{{ text }}{{ end }}
{% endmacro -%}
{%- set ns = namespace(last=-1, found=false) -%}
{%- for m in messages[::-1] -%}
    {%- if not ns.found and m.role == 'user' -%}
        {%- set ns.last = (messages | length - 1) - loop.index0 -%}
        {%- set ns.found = true -%}
    {%- endif -%}
{%- endfor -%}
{%- for m in messages -%}
    {%- if m.role == 'system' and loop.index0 > 0 %}{% continue %}{% endif -%}
    {{- turn(m.role, m.content.strip().split('</note>')[-1].lstrip('\\n')) -}}
    {%- if loop.index0 == ns.last %}{{ '#last' }}
    {% endif -%}
{%- endfor -%}
{% for k, v in {'b': 1, 'a': [true, none, 1.5, "x<y & 'z' é"]}.items() %}
  {{ k }}={{ v | tojson }}
{% endfor %}
{{ {'b': {'c': []}, 'a': [1, {'d': 'e'}]} | tojson(indent=2) }}
{{ messages | tojson }} {{ ['x', 'y'] | join(', ') }} {{ 'a-b' | replace('-', '+') }} {{ messages | map(attribute='role') | list | length }} {{ 7 // 2 }} {{ 'ab'[0] | upper }}
{% if enable_thinking is defined and enable_thinking is false %}quiet{% elif enable_thinking %}think{% endif %}

{% if eos_token %}{{ eos_token }}{% endif %}{% for i in range(5) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{{ ',' if not loop.last }}{% endfor %}
{% set block %}kept {{ 1 + 1 }}{% endset %}
{{ block }}{{ "\\n" }}{{- (messages | first).role ~ 1 }} {{ 'quick' in 'the quick fox' }} {{ messages[0].nothing is defined }} {{ messages[0].nothing or 'none' }}
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='role') | join('/') }} {{ '%s' }}{# a comment #}
""",
}
IMAGE = {"type": "image"}


def text(s):
    return {"type": "text", "text": s}


CONVERSATIONS = {
    "a question about a picture": [{"role": "user", "content": [IMAGE, text("What is this?")]}],
    "text before the picture": [{"role": "user", "content": [text("Compare: "), IMAGE, text(" and "), IMAGE]}],
    "only text": [{"role": "user", "content": [text("Hello! 日本 😀")]}],
    "white space around": [{"role": "user", "content": [text("  \n hi \n ")]}],
    "several turns": [{"role": "user", "content": [IMAGE, text("How many?")]}, {"role": "assistant", "content": [text("Two cats.")]},
                      {"role": "user", "content": [text("What colour?\nBe short.")]}],
    "a system message": [{"role": "system", "content": [text(" Be brief. ")]}, {"role": "user", "content": [text("1 < 2 and [x] > 0?")]}],
    "an answer last": [{"role": "user", "content": [text("Q")]}, {"role": "assistant", "content": [text("note</note>\n\nA")]}],
    "two answers in a row": [{"role": "assistant", "content": [text("A")]}, {"role": "assistant", "content": [text("B")]}],
}
# Roles whose content the template takes as a text.
TEXT_ONLY = {"smollm": ["system", "user", "assistant"], "features": ["system", "user", "assistant"], "llama3": ["system"]}
VARIABLES = {"bos_token": "<s>", "eos_token": "</s>"}


def flat(template, messages):
    """The conversation with texts for contents where the template wants them; None where a picture is in one."""
    out = []
    for m in messages:
        if m["role"] in TEXT_ONLY.get(template, []):
            if IMAGE in m["content"]:
                return None
            m = {**m, "content": "".join(p["text"] for p in m["content"])}
        out.append(m)
    return out


def render(source, messages, generation, extra):
    template = chat_template_utils._compile_jinja_template(source)
    template.environment.globals["strftime_now"] = lambda f: "14 Mar 2025" if f == "%d %b %Y" else 1 / 0
    try:
        return {"prompt": template.render(messages=messages, add_generation_prompt=generation, **VARIABLES, **extra)}
    except Exception as e:
        return {"error": str(e)}


OUT.mkdir(parents=True, exist_ok=True)
for name, source in TEMPLATES.items():
    cases = []
    for title, messages in CONVERSATIONS.items():
        contents = flat(name, messages)
        if contents is None:
            continue
        for generation in [True, False]:
            extra = {"enable_thinking": generation} if name == "features" else {}
            cases.append({"name": title, "messages": messages, "add_generation_prompt": generation, "extra": extra,
                          **render(source, contents, generation, extra)})
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (OUT / f"{name}.json").write_text(f'{{"template": {json.dumps(source, ensure_ascii=False)},\n"cases": [\n{lines}\n]}}\n')
