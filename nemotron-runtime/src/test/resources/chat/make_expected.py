"""Writes expected.json: what transformers renders from the templates beside it."""

import json
from pathlib import Path

from jinja2.exceptions import TemplateError
from transformers.utils.chat_template_utils import render_jinja_template


def chat(*turns):
    roles = {"s": "system", "u": "user", "a": "assistant"}
    return [dict(role=roles[role], content=content) for role, content in turns]


CHATS = [
    chat(("u", "Hi there")),
    chat(("s", "Be brief."), ("u", "  Hello, what is 2+2?  ")),
    chat(("u", "One"), ("a", "Two  "), ("u", "Three & <four> \"five\" 'six'\n\nseven")),
    chat(("s", " Sys\n"), ("u", "/help"), ("a", "<think>\nhm hm\n</think>\n\nAnswer"), ("u", "é 日本 😀 {{ 7*7 }} {% x %} {# c #} \\n \\")),
    chat(("u", "Hello"), ("a", "<think>\nlast one\n</think>\nHere"), ("u", "/quit?"), ("a", "bye")),
    chat(("a", "I begin"), ("u", "Why?")),
    chat(("u", "")),
]

cases = []
for file in sorted(Path(".").glob("*.jinja")):
    for messages in CHATS:
        for prompt in (False, True):
            case = dict(template=file.stem, messages=messages, addGenerationPrompt=prompt)
            try:
                rendered, _ = render_jinja_template(
                    [messages],
                    chat_template=file.read_text(),
                    add_generation_prompt=prompt,
                    bos_token="<s>",
                    eos_token="</s>",
                )
                case["text"] = rendered[0]
            except TemplateError as e:
                case["error"] = str(e)
            cases.append(case)

Path("expected.json").write_text(
    "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]\n"
)
