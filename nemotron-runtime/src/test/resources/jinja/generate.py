"""Writes vectors.jsonl.gz: templates, their variables, and the text or the error that jinja2 gives for them.

Usage: generate.py [number of generated cases] [seed] [file]; needs jinja2 3.1.6. The environment is that of the chat
templates of transformers 5: an immutable sandbox that trims blocks, with loop controls, a generation tag, a JSON filter
that leaves characters as they are, and a clock (fixed here).
"""

import datetime
import gzip
import json
import random
import re
import resource
import signal
import sys
import warnings

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import CallBlock
from jinja2.sandbox import ImmutableSandboxedEnvironment

import sharp

CLOCK = datetime.datetime(2026, 2, 3, 17, 8, 9)
ERRORS_AT_MOST = 0.13
LONGEST_TEXT = 1500
LONGEST_TEMPLATE = 900
UNSTABLE = re.compile(
    r"0x[0-9a-f]{6,}|<generator|<built-in|<function|<bound|<class|<method| object at |<jinja2|<itertools|<property"
    r"|<attribute|<slot|<module|<staticmethod"
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


# Rendering -----------------------------------------------------------------------------------------------------------


class Generation(Extension):
    """The tag around what an assistant says; its body is a block of its own."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return CallBlock(self.call_method("_run"), [], [], body).set_lineno(line)

    def _run(self, caller):
        return caller()


def _raise(message):
    raise jinja2.exceptions.TemplateError(message)


def _json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = _json
    env.globals["raise_exception"] = _raise
    env.globals["strftime_now"] = CLOCK.strftime
    return env


class TooLong(Exception):
    """A template that takes longer than a second."""


def _alarm(signum, frame):
    raise TooLong()


ENV = environment()


def outcome(template, variables):
    """The text or the error of a template; None where it is not one that can be kept."""
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        result = {"text": ENV.from_string(template).render(json.loads(json.dumps(variables)))}
    except (TooLong, MemoryError, RecursionError, NameError, SyntaxError, UnicodeError):
        return None
    except jinja2.exceptions.TemplateError as e:
        result = {"error": f"{type(e).__name__}: {e.message}"}
    except Exception as e:
        result = {"error": f"{type(e).__name__}: {e}"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    kept = next(iter(result.values()))
    if len(kept) > LONGEST_TEXT or UNSTABLE.search(kept) or any(0xD800 <= ord(c) < 0xE000 for c in kept):
        return None
    return result


# Variables -----------------------------------------------------------------------------------------------------------

BASIC = {
    "n": 3,
    "z": 0,
    "neg": -7,
    "big": 12345678901234567890,
    "f": 2.5,
    "half": 0.5,
    "tiny": 1e-7,
    "huge": 1e16,
    "t": True,
    "no": False,
    "nil": None,
    "s": "Hello World",
    "e": "",
    "uni": "Zoë 🙂 straße ǆ",
    "quo": "it's \"quoted\" \\ back",
    "ws": "  a b\n\tc \r\n",
    "num": "42",
    "fl": " 3.14 ",
    "low": "lower words here",
    "html": "<b class='x'>&amp; \"q\"</b>",
    "csv": "a,b,,c",
    "lines": "one\n two\n\nthree\r\nfour",
    "xs": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "mixed": [1, "a", None, True, 2.5, [0], {"k": "v"}],
    "nums": [0, 1, -2, 3.5, 10, 2],
    "empty": [],
    "d": {"a": 1, "b": "two", "c": [1, 2]},
    "odd": {"items": "own", "keys": 5, "x y": None, "Upper": 1.5},
    "none_d": {},
    "nested": {"k": {"x": [1, {"y": "z"}]}, "list": [[1, 2], [3]]},
    "recs": [
        {"name": "Ann", "age": 31, "tags": ["x", "y"], "home": {"city": "Rom"}},
        {"name": "bob", "age": 4, "tags": [], "home": {"city": "Oslo"}},
        {"name": "Cy", "age": 31, "tags": ["z"], "home": {"city": "Bern"}},
        {"name": "ann", "age": None, "tags": ["y"], "home": {"city": "Rom"}},
    ],
    "pairs": [["a", 1], ["b", 2]],
}
CONTENTS = [
    "Hello!", "False", "", "  padded  ", "two\nlines\n", "{{ braces }} {% if %}", "café 日本 🙂", "it's \"so\"", "0",
    "None", "<think>\nhmm\n</think>\n\nIt is 4.", "a </think> b", "<b>&amp;</b>", "[INST] x [/INST]", "back\\slash", "\n\n x",
]  # fmt: skip
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Gets the \"weather\".",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Name of the city, e.g. Zürich"},
                    "unit": {"type": ["string", "null"], "enum": ["C", "F"], "default": None},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "",
            "parameters": {
                "type": "object",
                "properties": {"xs": {"type": "array", "items": {"type": "number"}}, "exact": {"type": "boolean"}},
                "required": ["xs"],
            },
        },
    },
]


def conversation(r):
    """The variables of a chat template: turns of random kinds, sometimes tools and documents."""
    turns = []
    if r.random() < 0.5:
        turns.append({"role": "system", "content": r.choice(CONTENTS)})
    for _ in range(r.randint(1, 3)):
        parts = [{"type": "text", "text": r.choice(CONTENTS)} for _ in range(r.randint(1, 2))]
        turns.append({"role": "user", "content": parts if r.random() < 0.15 else r.choice(CONTENTS)})
        if r.random() < 0.3:
            calls = [
                {"id": f"call0000{i}", "type": "function", "function": {"name": "weather", "arguments": {"city": "Bern", "days": i}}}
                for i in range(r.randint(1, 2))
            ]
            turns.append({"role": "assistant", "content": r.choice(["", None, "Let me look."]), "tool_calls": calls})
            for call in calls:
                turns.append({"role": "tool", "name": "weather", "tool_call_id": call["id"], "content": r.choice(["7", "{\"t\": 7.5}"])})
        if r.random() < 0.7:
            turn = {"role": "assistant", "content": r.choice(CONTENTS)}
            if r.random() < 0.3:
                turn["reasoning_content"] = r.choice(["hmm", "\nSo it is.\n", ""])
            turns.append(turn)
    values = {"messages": turns, "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": r.random() < 0.5}
    values["tools"] = r.sample(TOOLS, r.randint(1, 2)) if r.random() < 0.4 else None
    values["documents"] = [{"title": "T", "text": "x"}] if r.random() < 0.1 else None
    if r.random() < 0.4:
        values["enable_thinking"] = r.random() < 0.5
    if r.random() < 0.2:
        values["date_string"] = "26 Jul 2024"
    return values


def used(template, variables):
    """Those of the variables that the template may name."""
    names = set(NAME.findall(template))
    return {k: v for k, v in variables.items() if k in names}


# Expressions ---------------------------------------------------------------------------------------------------------


def literal_text(r, text):
    """A string literal for a text."""
    quote = r.choice("'\"")
    out = []
    for c in text:
        if c == "\\" or c == quote:
            out.append("\\" + c)
        elif c == "\n":
            out.append(r.choice(["\\n", "\\n", "\n"]))
        elif ord(c) < 32 or ord(c) == 127:
            out.append(f"\\x{ord(c):02x}")
        else:
            out.append(c)
    return quote + "".join(out) + quote


TEXTS = [
    "", "a", "b", "abc", " ", "x y", "Hello", "hello world", "it's", "say \"x\"", "\n", "a\nb", "é", "🙂", "a🙂b", "ß", "0", "1", "42",
    "-7", "3.14", "1e3", "True", "None", "<b>&", "\\", "\t", "%", "{}", "a,b,c", "foo-bar", "FOO", "Foo Bar", "日本語", "  lead", "trail ",
]  # fmt: skip
ODD_TEXTS = TEXTS + [
    "\x00", "\x7f", "\xa0", "\u200b", "\u2028", "\ufeff", "\xad", "\x1b[0m", "\r\n", "both ' and \"", "\u0301", "İ", "ΑΣ", "ǆ", "ﬁ", "²", "½",
    "٣", "\u3000", "\x85", "\x1c", "𝔘𝔫", "\U000e0001", "नमस्ते", "a\\'b", "{{ x }}", "</think>", "<|im_start|>",
]  # fmt: skip


class Expressions:
    """Random expressions of a wanted type over the basic variables and the names in scope."""

    def __init__(self, r, names=None, slips=0.02):
        self.r = r
        self.names = names or {}
        self.slips = slips

    # Helpers.
    def pick(self, *choices):
        return self.r.choice(choices)()

    def sp(self):
        return self.r.choice(["", " ", " ", " ", "  "])

    def op(self, sign):
        if sign[0].isalpha():
            return f" {sign} "
        space = self.r.choice([" ", " ", " ", "", "  "])
        return space + sign + space

    def sub(self, kind, depth):
        if self.r.random() < self.slips:
            kind = self.r.choice(["num", "text", "list", "dict", "bool", "any", "missing"])
        return getattr(self, kind)(depth - 1)

    def own(self, kind):
        """A name in scope of the kind, if there is one."""
        names = [n for n, k in self.names.items() if k == kind]
        return self.r.choice(names) if names and self.r.random() < 0.5 else None

    def wrap(self, text):
        """An operand that binds whatever stands around it."""
        return f"({text})"

    def maybe(self, text, chance=0.5):
        return self.wrap(text) if self.r.random() < chance else text

    def operand(self, text):
        """Parentheses unless the text binds tightly by itself."""
        tight = re.fullmatch(r"[A-Za-z_][\w.]*|\d+(\.\d+)?|'[^'\\\n]*'|\[[^\[\]]*\]|\([^()]*\)", text)
        return text if tight else self.wrap(text)

    # Types.
    def any(self, depth):
        return self.sub(self.r.choice(["num", "num", "text", "text", "bool", "list", "dict", "tuple", "none", "missing"]), depth)

    def none(self, depth):
        return self.r.choice(["none", "None", "nil", "d.get('zz')", "mixed[2]"])

    def missing(self, depth):
        return self.r.choice(["gone", "d.gone", "d['gone']", "xs[9]", "s.gone", "nested.k.gone", "(1 if no)", "recs[0].gone"])

    def int(self, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.3:
            return self.own("int") or r.choice(["n", "z", "neg", "xs[0]", "d.a", "1", "2", "3", "0", "7", "10", "-1", "255", "nums[1]", "recs[0].age", "xs|length"])
        return self.pick(
            lambda: self.sub("int", depth) + self.op(r.choice(["+", "-", "*"])) + self.sub("int", depth),
            lambda: self.operand(self.sub("int", depth)) + self.op(r.choice(["//", "%"])) + r.choice(["2", "3", "n", "-3", "7", "neg"]),
            lambda: self.operand(self.sub("text", depth)) + r.choice(["|length", "|count", ".count('a')", ".find('o')", "|wordcount", ".rfind(' ')"]),
            lambda: self.operand(self.sub("list", depth)) + r.choice(["|length", "|count"]),
            lambda: self.operand(self.sub("num", depth)) + r.choice(["|int", "|abs|int", "|round|int"]),
            lambda: self.operand(self.sub("text", depth)) + r.choice(["|int", "|int(-1)", "|int(default=5)"]),
            lambda: self.wrap(self.sub("int", depth) + " if " + self.sub("bool", depth) + " else " + self.sub("int", depth)),
            lambda: self.operand(self.sub("ints", depth)) + r.choice(["|sum", "|max", "|min", "|first", "|last", "[0]", "[-1]"]),
            lambda: "-" + self.operand(self.sub("int", depth)),
            lambda: self.wrap(self.sub("bool", depth)) + self.op("+") + "1",
            lambda: r.choice(["2", "3", "n", "-2", "10"]) + self.op("**") + r.choice(["2", "3", "0", "n"]),
        )

    def num(self, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.25:
            return r.choice(["f", "half", "tiny", "huge", "1.5", "0.1", "2.0", "1e3", "-0.25", "nums[3]", "n", "big", "100.0", "1e16", "0.1+0.2"])
        return self.pick(
            lambda: self.sub("int", depth),
            lambda: self.sub("int", depth),
            lambda: self.operand(self.sub("num", depth)) + self.op(r.choice(["+", "-", "*", "/"])) + self.operand(self.sub("num", depth)),
            lambda: self.operand(self.sub("num", depth)) + r.choice(["|round", "|round(1)", "|round(2, 'floor')", "|round(method='ceil')", "|abs", "|float", "|round(-1)"]),
            lambda: self.operand(self.sub("text", depth)) + r.choice(["|float", "|float(0.5)", "|float(default=1)"]),
            lambda: self.operand(self.sub("num", depth)) + self.op(r.choice(["//", "%"])) + r.choice(["2", "0.5", "f", "-3", "1.5"]),
        )

    def text(self, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.3:
            return self.own("text") or (
                r.choice(["s", "e", "uni", "quo", "ws", "num", "fl", "low", "html", "csv", "lines", "words[0]", "d.b", "recs[1].name", "odd['items']"])
                if r.random() < 0.6
                else literal_text(r, r.choice(TEXTS))
            )
        return self.pick(
            lambda: self.operand(self.sub("text", depth)) + self.op("+") + self.operand(self.sub("text", depth)),
            lambda: self.operand(self.sub("any", depth)) + self.op("~") + self.operand(self.sub("any", depth)),
            lambda: self.operand(self.sub("text", depth)) + text_filter(self, depth),
            lambda: self.operand(self.sub("text", depth)) + text_filter(self, depth),
            lambda: self.operand(self.sub("text", depth)) + text_method(self),
            lambda: self.operand(self.sub("text", depth)) + text_method(self),
            lambda: self.operand(self.sub("any", depth)) + self.sp() + "|" + self.sp() + r.choice(["string", "tojson", "string|length|string", "e"]),
            lambda: self.operand(self.sub("list", depth)) + r.choice(["|join", "|join(', ')", "|join(d='-')", "|map('string')|join('+')"]),
            lambda: self.wrap(self.sub("text", depth) + " if " + self.sub("bool", depth) + r.choice([" else " + self.sub("text", depth)] * 3 + [""])),
            lambda: self.operand(self.sub("text", depth)) + self.op("*") + r.choice(["2", "0", "n", "-1", "true"]),
            lambda: self.operand(self.sub("text", depth)) + slice_of(r),
            lambda: self.operand(self.sub("any", depth)) + r.choice(["|default('dd')", "|default('dd', true)", "|d(default_value='x', boolean=t)"]),
            lambda: percent(self, depth),
        )

    def bool(self, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.2:
            return self.own("bool") or r.choice(["t", "no", "true", "false", "n", "z", "e", "s", "nil", "empty", "xs", "d.a", "gone", "True", "none", "none_d"])
        return self.pick(
            lambda: "not " + self.sub("bool", depth),
            lambda: self.sub("bool", depth) + self.op(r.choice(["and", "or"])) + self.sub("bool", depth),
            lambda: self.sub("bool", depth) + self.op(r.choice(["and", "or"])) + self.sub("bool", depth),
            lambda: self.wrap(self.sub("bool", depth)) + self.op(r.choice(["and", "or", "=="])) + self.maybe(self.sub("bool", depth), 0.7),
            lambda: self.operand(self.sub("num", depth)) + self.op(r.choice(["<", ">", "<=", ">=", "==", "!="])) + self.operand(self.sub("num", depth)),
            lambda: self.operand(self.sub("any", depth)) + self.op(r.choice(["==", "!="])) + self.operand(self.sub("any", depth)),
            lambda: self.operand(self.sub("text", depth)) + self.op(r.choice(["in", "not in", "==", "!=", "<", ">="])) + self.operand(self.sub("text", depth)),
            lambda: self.operand(self.sub("any", depth)) + self.op(r.choice(["in", "not in"])) + self.operand(self.sub("list", depth)),
            lambda: self.operand(self.sub("text", depth)) + self.op(r.choice(["in", "not in"])) + self.operand(self.sub("dict", depth)),
            lambda: self.operand(self.sub("any", depth)) + r.choice([" is ", " is not "]) + test(r),
            lambda: self.operand(self.sub("any", depth)) + r.choice([" is ", " is not "]) + test(r),
            lambda: self.operand(self.sub("int", depth)) + self.op(r.choice(["<", "<="])) + self.operand(self.sub("int", depth)) + self.op(r.choice(["<", "!=", ">="])) + self.operand(self.sub("int", depth)),
            lambda: self.operand(self.sub("text", depth)) + r.choice([".startswith('a')", ".endswith(('d', 'o'))", ".isdigit()", ".isupper()", ".isspace()", ".startswith('He')"]),
        )

    def ints(self, depth):
        return self.r.choice(["xs", "nums", "[1, 2, 3]", "range(4)", "[n, z]", "[5]", "range(1, 8, 3)", "xs|sort", "recs[:3]|map(attribute='age')"])

    def list(self, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.3:
            return self.own("list") or r.choice(["xs", "words", "mixed", "nums", "empty", "nested.list", "recs[0].tags", "d.c", "[]", "[1, 'a']", "['x']", "pairs", "[none, true, 1.0]"])
        return self.pick(
            lambda: "[" + ", ".join(self.sub("any", depth) for _ in range(r.randint(0, 3))) + "]",
            lambda: self.operand(self.sub("list", depth)) + self.op("+") + self.operand(self.sub("list", depth)),
            lambda: self.operand(self.sub("list", depth)) + slice_of(r),
            lambda: self.operand(self.sub("list", depth)) + list_filter(self, depth),
            lambda: self.operand(self.sub("list", depth)) + list_filter(self, depth),
            lambda: self.operand(self.sub("text", depth)) + r.choice([".split()", ".split(',')", ".split(' ', 1)", "|list", ".splitlines()", ".rsplit('o', 1)", ".split('\\n')"]),
            lambda: self.operand(self.sub("dict", depth)) + r.choice(["|list", ".keys()|list", ".values()|list", ".items()|list", "|dictsort", "|items|list"]),
            lambda: "recs" + rec_filter(r),
            lambda: "recs" + rec_filter(r),
            lambda: self.wrap(self.sub("list", depth) + " if " + self.sub("bool", depth) + " else " + self.sub("list", depth)),
            lambda: self.operand(self.sub("list", depth)) + self.op("*") + r.choice(["2", "0", "n"]),
        )

    def tuple(self, depth):
        r = self.r
        if depth <= 0:
            return r.choice(["()", "(1,)", "(1, 'a')", "csv.partition(',')"])
        return self.pick(
            lambda: "(" + self.sub("any", depth) + ",)",
            lambda: "(" + self.sub("any", depth) + ", " + self.sub("any", depth) + ")",
            lambda: self.operand(self.sub("tuple", depth)) + slice_of(r),
            lambda: self.operand(self.sub("text", depth)) + r.choice([".partition('a')", ".rpartition(' ')"]),
            lambda: self.operand(self.sub("tuple", depth)) + self.op("+") + "(n, s)",
        )

    def dict(self, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.4:
            return self.own("dict") or r.choice(["d", "odd", "none_d", "nested", "nested.k", "recs[0]", "{}", "{'k': n}", "dict(a=1, b=s)", "{1: 'one', 'two': 2}"])
        return self.pick(
            lambda: "{" + ", ".join(self.key() + ":" + self.sp() + self.sub("any", depth) for _ in range(r.randint(0, 3))) + "}",
            lambda: "dict(" + r.choice(["", "d, ", "pairs, "]) + "k=" + self.sub("any", depth) + ")",
            lambda: self.operand(self.sub("dict", depth)) + ".copy()",
        )

    def key(self):
        return self.r.choice(["'a'", "'b'", "'key'", "1", "true", "none", "1.5", "n", "s", "(1, 2)", "'1'", "0", "false"])


def slice_of(r):
    def bound():
        return r.choice(["", "", "0", "1", "2", "3", "-1", "-2", "5", "-9", "99", "n", "none", "neg"])

    form = r.random()
    if form < 0.15:
        return "[" + r.choice(["0", "1", "-1", "n-1", "2"]) + "]"
    if form < 0.65:
        return f"[{bound()}:{bound()}]"
    return f"[{bound()}:{bound()}:{r.choice(['', '1', '2', '-1', '-2', '3', 'none', '-3'])}]"


def test(r):
    return r.choice(
        [
            "defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping", "sequence", "iterable", "callable", "true",
            "false", "lower", "upper", "odd", "even", "divisibleby 3", "divisibleby(2)", "eq 1", "ne(none)", "equalto 'a'", "sameas none", "sameas(true)",
            "in [1, 'a', none]", "in xs", "in 'abc'", "escaped", "filter", "test", "gt 2", "lt(3)", "ge 0", "le 1.5", "greaterthan(1)", "lessthan 9",
            "eq('a')",
        ]
    )  # fmt: skip


def text_filter(g, depth):
    r = g.r
    name = r.choice(
        [
            "upper", "lower", "title", "capitalize", "trim", "trim('x ')", "trim(chars='a')", "reverse", "length|string", "first", "last", "e", "escape", "safe",
            "replace('a', 'b')", "replace('l', 'L', 1)", "replace(' ', '')", "replace(old='o', new='0', count=1)", "indent", "indent(2)", "indent(3, true)",
            "indent(width=2, first=true, blank=true)", "indent('> ')", "indent(2, blank=t)", "truncate(5)", "truncate(5, true)", "truncate(8, end='…')",
            "truncate(length=6, killwords=true, end='', leeway=0)", "wordwrap(4)", "wordwrap(5, false)", "wordwrap(6, wrapstring='|')",
            "wordwrap(5, break_on_hyphens=false)", "center(12)", "center(width=7)", "striptags", "urlencode", "string", "tojson", "list|join('.')", "forceescape",
            "default('x')", "default('x', true)", "join('-')", "unique|join", "batch(3)|list|string", "slice(2)|list|string", "sort|join", "trim",
            "select('ne', 'a')|join", "map('upper')|join", "max", "min", "wordcount|string", "upper",
        ]
    )  # fmt: skip
    return g.sp() + "|" + g.sp() + name


def text_method(g):
    r = g.r
    return "." + r.choice(
        [
            "strip()", "lstrip()", "rstrip()", "strip('a ')", "lstrip(' H')", "rstrip('\\n')", "strip(none)", "upper()", "lower()", "title()", "capitalize()",
            "swapcase()", "casefold()", "center(9)", "center(9, '*')", "ljust(8, '.')", "rjust(8)", "zfill(6)", "replace('a', 'bb')", "replace('l', '', 1)",
            "replace('', '-')", "replace('', '-', 2)", "removeprefix('He')", "removesuffix('d')", "expandtabs()", "expandtabs(2)", "strip()",
            "split(' ')[0]", "split('a')[-1]", "split(',')|join('/')", "join(['x', 'y'])", "join(words)", "join('ab')", "format(1, 2)", "partition('a')[0]",
            "rpartition(' ')[2]", "splitlines()|join('|')", "strip().upper()", "lower().replace(' ', '_')", "lower()",
            "translate({97: 'A'})", "splitlines(true)|string", "split(none)|string", "split(sep=',')|string", "split(maxsplit=1)|string", "rsplit(' ', 1)|string",
            "rsplit(maxsplit=1)|string", "rsplit()|string", "title()|trim",
        ]
    )  # fmt: skip


def list_filter(g, depth):
    r = g.r
    name = r.choice(
        [
            "list", "reverse|list", "sort", "sort(reverse=true)", "unique|list", "map('string')|list", "map('upper')|list", "select|list", "reject|list",
            "select('string')|list", "reject('none')|list", "select('number')|list", "select('defined')|list", "batch(2)|list", "batch(2, 'fill')|list", "slice(2)|list",
            "slice(3, none)|list", "map('tojson')|list", "select('in', [1, 'a'])|list", "reject('equalto', 1)|list", "map('default', 'q')|list", "map('length')|list",
            "map('string')|map('replace', 'a', 'b')|list", "batch(linecount=3, fill_with=0)|list", "select('ne', none)|list", "map('string')|sort",
            "map('string')|unique|list", "map('string')|sort(case_sensitive=true, reverse=true)", "select('odd')|list", "reject('mapping')|list", "map('int')|list",
            "map('int', default=9)|list", "first|list", "last|string|list", "sort(case_sensitive=true)", "unique(case_sensitive=true)|list", "map('trim')|join(' ')|list",
        ]
    )  # fmt: skip
    return g.sp() + "|" + g.sp() + name


def rec_filter(r):
    return "|" + r.choice(
        [
            "map(attribute='name')|list", "map(attribute='home.city')|list", "map(attribute='tags.0')|list", "map(attribute='tags.0', default='-')|list",
            "map(attribute='gone', default=n)|list", "selectattr('age')|list", "selectattr('tags')|map(attribute='name')|list", "selectattr('age', 'eq', 31)|list",
            "rejectattr('age', 'none')|selectattr('age', '>', 5)|map(attribute='name')|list",
            "rejectattr('tags')|map(attribute='age')|list", "rejectattr('name', 'lower')|map(attribute='name')|list", "selectattr('gone', 'defined')|list",
            "selectattr('home.city', 'equalto', 'Rom')|map(attribute='name')|list", "selectattr('name', 'in', ['Ann', 'Cy'])|map(attribute='age')|list",
            "sort(attribute='name')|map(attribute='name')|list", "sort(attribute='name', case_sensitive=true)|map(attribute='name')|list",
            "sort(attribute='home.city,name')|map(attribute='name')|list", "sort(true, attribute='home.city')|map(attribute='name')|list",
            "groupby('home.city')|map('first')|list", "groupby('name')|map(attribute='grouper')|list",
            "groupby('name', case_sensitive=true)|map(attribute='list')|map('length')|list", "unique(attribute='age')|map(attribute='name')|list",
            "map(attribute='tags')|sum(start=[])", "map('items')|map('list')|map('length')|list", "map(attribute='name')|map('upper')|list",
            "selectattr('age', 'number')|map(attribute='age')|list", "map(attribute='tags')|map('join', '+')|list", "map('tojson')|list", "map(attribute='name')|unique|list",
            "rejectattr('home.city', 'ne', 'Rom')|map(attribute='name')|list", "selectattr('tags', 'sequence')|map(attribute='tags')|list", "join(',', attribute='name')|list",
            "batch(3)|map('length')|list", "max(attribute='name')|list", "min(attribute='home.city')|dictsort", "first|list",
        ]
    )  # fmt: skip


PERCENT = ["%s", "%r", "%5s", "%-6s|", "%.2s", "%10.3s|", "%s%%"]
PERCENT_NUMBERS = ["%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%i", "%x", "%X", "%o", "%#x", "%#o", "%e", "%.2e", "%f", "%.1f", "%8.3f", "%08.2f", "%g", "%G", "%.3g", "%-8.1f|", "%+.2f", "%s", "%r", "%u", "%E", "%#.3g", "%c"]  # fmt: skip


def percent(g, depth):
    """A text formatted by the sign, the filter, or the method."""
    r = g.r
    if r.random() < 0.5:
        kinds = [(r.choice(PERCENT), "any") for _ in range(r.randint(1, 3))]
    else:
        kinds = [(r.choice(PERCENT_NUMBERS), r.choice(["int", "num"])) for _ in range(r.randint(1, 3))]
    kinds = [(f, "int" if f[-1] in "xXoc" or f[-2:-1] in "xXoc" else k) for f, k in kinds]
    form = literal_text(r, r.choice([" ", "-", "", "é"]).join(f for f, _ in kinds))
    values = [g.sub(k, min(depth, 2)) for _, k in kinds]
    if r.random() < 0.5:
        return form + "|format(" + ", ".join(values) + ")"
    if len(values) == 1 and r.random() < 0.5:
        return form + " % " + g.operand(values[0])
    return g.wrap(form + " % (" + ", ".join(values) + ",)")


def mixed_operators(r):
    """Numbers and truths between operators of every precedence, with few parentheses."""
    atoms = ["1", "2", "3", "0", "n", "z", "neg", "f", "t", "no", "true", "false", "2.0", "xs[1]", "nums|length", "-n", "-2", "- 3", "d.a", "half", "+1", "(not no)", "-n|abs", "xs|first", "num|int"]

    def chain(depth, choice=True):
        out = []
        for i in range(r.randint(2, 5)):
            if i:
                sign = r.choice(
                    ["+", "-", "*", "//", "%", "/", "+", "-", "*", "**", "<", ">", "==", "!=", "<=", ">=", "and", "or", "and", "or", "and not", "or not", "~"]
                )
                out.append(" " + sign + " ")
            if depth > 0 and r.random() < 0.2:
                out.append("(" + chain(depth - 1) + ")")
            elif r.random() < 0.1:
                out.append(r.choice(["n", "z", "f", "2", "t"]) + r.choice([" is ", " is not "]) + r.choice(["odd", "even", "divisibleby 2", "number", "none", "true", "defined", "eq 2", "in xs"]))
            elif r.random() < 0.07:
                out.append(r.choice(["n", "'a'", "t", "2"]) + r.choice([" in ", " not in "]) + r.choice(["xs", "nums", "[true]", "d", "words"]))
            else:
                previous = out[-1] if out else ""
                atom = r.choice(atoms)
                if "**" in previous:
                    atom = r.choice(["0", "1", "2", "n", "-1"])
                elif previous.strip() in ("//", "%", "/"):
                    atom = r.choice(["2", "3", "n", "neg", "f", "true", "z"] if r.random() < 0.3 else ["2", "3", "n", "neg", "f"])
                out.append(atom)
        text = "".join(out)
        if r.random() < 0.15:
            text = "not " + text
        if choice and r.random() < 0.12:
            text = text + " if " + chain(0, False) + (" else " + chain(0) if r.random() < 0.8 else "")
        return text

    return chain(2)


def literal(r, depth):
    """A literal of any kind, nested."""
    choice = r.random()
    if depth <= 0 or choice < 0.45:
        kind = r.random()
        if kind < 0.4:
            return literal_text(r, "".join(r.choice(ODD_TEXTS) for _ in range(r.randint(1, 2))))
        if kind < 0.65:
            return r.choice(["0", "1", "-1", "42", "1_000", "0xff", "0b11", "123456789012345678901234567890", "-7", "9007199254740993"])
        if kind < 0.85:
            return r.choice([
                "1.0", "0.1", "1e16", "1e15", "1e-5", "0.0001", "1.5e300", "123456.789", "-0.0", "1e22", "5e-324", "0.30000000000000004", "1e100", "100.0", "3.14",
                "2.5e-7", "12345678901234567.0", "1.7976931348623157e308", "0.1 + 0.2", "1e23", "9.999999999999999e22", "4.35", "1/3", "2/3*100", "1e21", "123e-20",
            ])  # fmt: skip
        return r.choice(["true", "false", "none", "True", "None", "False"])
    parts = [literal(r, depth - 1) for _ in range(r.randint(0, 3))]
    if choice < 0.65:
        return "[" + ", ".join(parts) + "]"
    if choice < 0.8:
        return "(" + ", ".join(parts) + ("," if len(parts) == 1 or (parts and r.random() < 0.2) else "") + ")"
    return "{" + ", ".join(r.choice(["'a'", "'b c'", "1", "none", "true", "1.5", "'é'", "(1, 'x')", "0", "'\\''"]) + ": " + p for p in parts) + "}"


def shown(r, expression):
    """An expression put to use in one of the ways that templates have."""
    a, z = r.choice([("{{ ", " }}")] * 6 + [("{{", " }}"), ("{{- ", " -}}"), ("{{\n", "\n}}")])
    use = r.random()
    if use < 0.7:
        return a + expression + z
    if use < 0.78:
        return "{% if " + expression + " %}T{% else %}F{% endif %}"
    if use < 0.84:
        return "{% set v = " + expression + " %}" + a + "[v, v]" + z
    if use < 0.9:
        return a + "(" + expression + ")|string" + r.choice(["", "|length", "|tojson"]) + z
    if use < 0.95:
        return "{{ dict(v=" + expression + ") }}"
    return "{{ [" + expression + "] }}"


# Systematic: every filter, test and method over every kind of value ---------------------------------------------------

SUBJECTS = [
    "n", "z", "neg", "big", "f", "half", "tiny", "huge", "t", "no", "nil", "s", "e", "uni", "quo", "ws", "num", "fl", "low", "html", "csv", "lines", "xs", "words", "mixed",
    "nums", "empty", "d", "odd", "none_d", "nested", "recs", "pairs", "gone", "(1, 'b')", "range(4)", "'ab'|safe", "d.items()", "xs|map('string')",
]  # fmt: skip
TEXT_SUBJECTS = ["s", "e", "uni", "quo", "ws", "num", "fl", "low", "html", "csv", "lines", "'ΑΣ ǆ ﬁ İ'", "'²½٣'", "'a\\x1cb\\x85c\\u2028d\\x0be'", "'\\ta\\tbb\\t'", "'aaXaaXaa'", "'x_y1'", "'Title Case'", "'UP'", "'they\\'re'", "'\\u3000 a \\xa0'", "'-42'", "'+3'", "'🙂a🙂'"]  # fmt: skip
FILTERS = {
    "abs": [""], "attr": ["('a')", "('upper')", "(name='b')"], "batch": ["(2)|list", "(3, 'x')|list", "(linecount=2, fill_with=none)|list"], "capitalize": [""],
    "center": ["", "(6)", "(width=11)"], "count": [""], "d": ["", "('x')", "('x', true)"], "default": ["('x')", "(1, boolean=true)", "(default_value=[])"],
    "dictsort": ["", "(true)", "(by='value')", "(false, 'key', true)", "(reverse=true)", "(case_sensitive=true, by='value')"], "e": [""], "escape": [""],
    "filesizeformat": ["", "(true)", "(binary=true)"], "first": [""], "float": ["", "(1)", "(default=-1.5)"], "forceescape": [""], "format": ["(1)", "(a=1)", "('x', 'y')"],
    "groupby": ["('name')|list", "('age')|list", "('home.city')|list", "('gone', default='?')|list", "(attribute='name', case_sensitive=true)|list"],
    "indent": ["", "(2)", "(2, true)", "(1, blank=true)", "('--')", "(width=3, first=true)"],
    "int": ["", "(5)", "(default=7)", "(0, 16)", "(base=2)", "(0, 0)"], "items": ["|list", ""], "join": ["", "('-')", "(d=', ')", "(', ', attribute='name')", "(' ', 'age')"],
    "last": [""], "length": [""], "list": [""], "lower": [""],
    "map": ["('upper')|list", "(attribute='name')|list", "('string')|join", "(attribute='a', default='-')|list", "('int')|list", "(attribute=0)|list", "('first')|list", "('replace', 'a', 'b')|list", "(attribute='home.city')|list"],
    "max": ["", "(true)", "(attribute='age')", "(case_sensitive=true)"], "min": ["", "(true)", "(attribute='name')"],
    "reject": ["|list", "('none')|list", "('odd')|list", "('eq', 1)|list", "('string')|list"], "rejectattr": ["('age')|list", "('name', 'eq', 'Ann')|list", "('gone', 'undefined')|list"],
    "replace": ["('a', 'b')", "('a', 'b', 1)", "(' ', '')", "(1, 2)", "('', '.')", "('o', none)", "('l', 'L', count=2)"], "reverse": ["|list", "", "|join"],
    "round": ["", "(1)", "(2, 'ceil')", "(method='floor')", "(precision=-1)", "(0, 'x')"], "safe": [""], "select": ["|list", "('number')|list", "('ge', 2)|list", "('in', 'abc')|list", "('nope')|list"],
    "selectattr": ["('age')|list", "('name', 'eq', 'Ann')|list", "('gone')|list", "('home.city', 'in', ['Rom'])|list", "('age', '<', 20)|list"], "slice": ["(2)|list", "(3, 'x')|list", "(slices=2)|list"],
    "sort": ["", "(true)", "(reverse=true)", "(attribute='name')", "(case_sensitive=true)", "(attribute='age')", "(false, true)"], "string": [""], "striptags": [""],
    "sum": ["", "('age')", "(start=1)", "(attribute='age', start=0)", "(start='')", "(start=[])"], "title": [""],
    "tojson": ["", "(indent=2)", "(true)", "(ensure_ascii=true)", "(sort_keys=true)", "(separators=(',', ':'))", "(indent=0)", "(indent=1, separators=(', ', '='))", "(false, 4)", "(indent='--')"],
    "trim": ["", "('a ')", "(chars='x')", "(none)"], "truncate": ["(4)", "(6, true)", "(5, false, '..')", "(length=7, leeway=0)", "(3, true, '', 2)", ""],
    "unique": ["|list", "(true)|list", "(attribute='name')|list", "|join(',')"], "upper": [""], "urlencode": [""], "wordcount": [""],
    "wordwrap": ["(5)", "(3, false)", "(6, wrapstring='|')", "(width=4, break_long_words=false)", "(8, true, none, false)", ""], "xmlattr": ["", "(false)", "(autospace=true)"],
}  # fmt: skip
FITTING = {
    "batch": "list", "capitalize": "any", "dictsort": "dict", "filesizeformat": "num", "groupby": "recs", "indent": "text", "items": "dict", "join": "list", "map": "list", "max": "list",
    "min": "list", "reject": "list", "rejectattr": "recs", "round": "num", "select": "list", "selectattr": "recs", "slice": "list", "sort": "list", "sum": "list", "title": "text",
    "truncate": "text", "unique": "list", "urlencode": "any", "wordcount": "text", "wordwrap": "text", "xmlattr": "dict", "abs": "num", "replace": "text", "format": "text", "tojson": "any",
    "center": "text", "striptags": "text",
}  # fmt: skip
KINDS = {
    "list": ["xs", "words", "mixed", "nums", "empty", "recs", "pairs", "s", "d", "(1, 2)", "range(5)", "nested.list", "[true, false, 1]", "words[:3]", "['b', 'a', 'C', 'B']", "[3, 2.5, true]", "recs[:3]"],
    "dict": ["d", "odd", "none_d", "nested", "recs[0]", "{'b': 1, 'a': 2, 'C': 0}", "{'x': none, 'y': '<&>', 'z': gone}", "dict(b='B', a='c')", "{2: 'a', 10: 'b'}"],
    "num": ["n", "neg", "big", "f", "half", "tiny", "huge", "t", "2.675", "1234567", "0.5", "1.5", "-2.5", "'12'", "999", "1000000", "1e25", "25.15", "-1", "1023", "1536"],
    "recs": ["recs", "recs[:3]", "recs", "[d, {}]", "[{'name': 'Z'}, {'name': 'Ann', 'age': 5}]", "pairs", "empty"],
    "any": SUBJECTS,
    "text": TEXT_SUBJECTS + ["n", "nil", "xs", "'The quick brown fox jumps'", "'a-b-c ddddddd e\\nf'", "'<p>x</p>'|safe"],
}  # fmt: skip
TESTS = [
    "boolean", "callable", "defined", "divisibleby 3", "divisibleby(2)", "eq 3", "eq(none)", "equalto 'a'", "escaped", "even", "false", "filter", "float", "ge 2", "gt 1", "greaterthan 2", "in xs", "in 'abc'",
    "in [none, true]", "integer", "iterable", "le 3", "lt 5", "lessthan 2.5", "lower", "mapping", "ne 3", "none", "number", "odd", "sameas nil", "sameas t", "sequence", "string", "test", "true", "undefined", "upper",
]  # fmt: skip
METHODS = {
    "strip": ["", "'a'", "none", "' \\n'", "'aX'"], "lstrip": ["", "'aH '", "none"], "rstrip": ["", "'\\n d'", "'a'"], "split": ["", "' '", "'a'", "none, 1", "',', 1", "sep='a'", "maxsplit=1", "'a', -1", "'aa'", "' ', 0"],
    "rsplit": ["", "' '", "'a', 1", "none, 1", "maxsplit=2", "'aa', 1"], "splitlines": ["", "true", "keepends=true"], "partition": ["'a'", "' '", "'zz'"], "rpartition": ["'a'", "' '", "'zz'"],
    "startswith": ["'a'", "('H', 'a')", "'e', 1", "'l', 2, 4", "''", "()", "' '"], "endswith": ["'d'", "('a', 's')", "'l', 0, 4", "''", "'o', -3, -1"], "find": ["'a'", "'o', 5", "'l', 0, 3", "'zz'", "''", "'🙂'", "'', 99"],
    "rfind": ["'a'", "'o'", "'l', 0, 3", "''"], "index": ["'a'", "'o', 5"], "rindex": ["'a'"], "count": ["'a'", "'aa'", "''", "'l', 3", "' '"], "replace": ["'a', 'b'", "'a', '', 1", "'', '-'", "'', '-', 2", "'aa', 'b'", "'l', 'L', -1", "'a', 'b', 0"],
    "upper": [""], "lower": [""], "title": [""], "capitalize": [""], "swapcase": [""], "casefold": [""], "center": ["10", "11, '*'", "2", "14, '🙂'"], "ljust": ["10", "12, '.'", "1"], "rjust": ["10", "12, '.'"], "zfill": ["8", "0", "3"],
    "isdigit": [""], "isalpha": [""], "isalnum": [""], "isspace": [""], "isupper": [""], "islower": [""], "istitle": [""], "isnumeric": [""], "isdecimal": [""], "isidentifier": [""], "isascii": [""], "isprintable": [""],
    "join": ["['x', 'y']", "words", "'ab'", "d", "[]", "xs", "('p', 'q')"], "format": ["1", "", "a=1"], "removeprefix": ["'a'", "'He'", "''"], "removesuffix": ["'d'", "'Xaa'", "''"], "expandtabs": ["", "4", "tabsize=2", "0"],
    "translate": ["{97: 'A', 98: none}"], "encode": [], "maketrans": [],
}  # fmt: skip
FORMATS = [
    "'{}'.format(X)", "'{0} {0}'.format(X)", "'{:>8}|'.format(X)", "'{:<8}|'.format(X)", "'{:^9}|'.format(X)", "'{:*^9}'.format(X)", "'{!r}'.format(X)", "'{!s:.3}'.format(X)", "'{a}'.format(a=X)", "'{{}} {}'.format(X)",
    "'{:d}'.format(n)", "'{:5d}|{:<5d}|{:05d}'.format(n, neg, neg)", "'{:,}'.format(big)", "'{:.2f}'.format(f)", "'{:+.1f} {:e} {:g}'.format(f, huge, tiny)", "'{:x} {:X} {:o} {:b} {:#x}'.format(255, 255, 8, 5, 255)",
    "'{:.1%}'.format(half)", "'{0[a]} {1[0]} {1[2]}'.format(d, xs)", "'{d[b]}'.format(d=d)", "'{} {}'.format(X)", "'{1}'.format(X)", "'{:>{w}}'.format('a', w=5)", "'{x}'.format_map({'x': X})", "'{:_}'.format(1234567)", "'{:,.2f}'.format(1234567.891)",
    "'{:s}'.format('a')", "'{:10.3f}|'.format(3.14159)", "'{:<10}|{:>10}|'.format(n, 'a')", "'{:n}'.format(5)", "'{:c}'.format(65)", "'{:d}'.format('a')", "'{:.2f}'.format('a')", "'{'.format(1)", "'}'.format(1)", "'{0}{}'.format(1, 2)",
]  # fmt: skip


def systematic_filter(r):
    name = r.choice(list(FILTERS))
    kind = FITTING.get(name)
    subject = r.choice(KINDS[kind] if kind and r.random() < 0.85 else SUBJECTS)
    call = name + r.choice(FILTERS[name])
    if r.random() < 0.08:
        args = r.choice(FILTERS[name]).split("|")[0]
        body = literal_text(r, r.choice(TEXTS)) if r.random() < 0.3 else r.choice(["  text {{ n }}\n", "a b c", "<b>x</b> y"])
        body = body if not body.startswith(("'", '"')) else "{{ " + body + " }}"
        return "{% filter " + name + args + " %}" + body + "{% endfilter %}|"
    if r.random() < 0.05:
        return "{% set v | " + call + " %}" + r.choice(["a b\n c", "Hello", "{{ xs }}"]) + "{% endset %}[{{ v }}]"
    subject = subject if re.fullmatch(r"[\w.]+|'.*'|\(.*\)|\[.*\]|\w+\(\d\)", subject) else f"({subject})"
    return shown(r, subject + r.choice(["|", " | ", "| "]) + call)


def systematic_test(r):
    subject = r.choice(SUBJECTS + ["xs[0]", "d.a", "'a'", "1", "1.0", "'Ab'", "'AB'", "'ab'", "3", "2", "none"])
    subject = subject if re.fullmatch(r"[\w.\[\]]+|'[^']*'|\(.*\)|\w+\(\d\)", subject) else f"({subject})"
    return shown(r, subject + r.choice([" is ", " is ", " is not "]) + r.choice(TESTS))


def systematic_method(r):
    name = r.choice([m for m in METHODS if METHODS[m]])
    subject = r.choice(TEXT_SUBJECTS)
    if r.random() < 0.1:
        subject = "(" + subject + "|" + r.choice(["safe", "e"]) + ")"
    call = f"{subject}.{name}({r.choice(METHODS[name])})"
    if r.random() < 0.06:
        call = f"{subject}['{name}']({r.choice(METHODS[name])})"
    if r.random() < 0.15:
        other = r.choice(["strip", "lower", "title", "upper", "rstrip", "capitalize", "swapcase"])
        call = f"{subject}.{other}().{name}({r.choice(METHODS[name])})"
    return shown(r, call if r.random() < 0.8 else "[" + call + "]")


def systematic_container(r):
    d = r.choice(["d", "odd", "none_d", "nested", "recs[0]", "{'get': 1}", "{1: 2}"])
    x = r.choice(["xs", "words", "mixed", "empty", "pairs", "(1, 2, 1)", "range(3)", "nested.list"])
    return shown(
        r,
        r.choice(
            [
                f"{d}.items()|list", f"{d}.keys()|list", f"{d}.values()|list", f"{d}.get('a')", f"{d}.get('a', 'no')", f"{d}.get('zz', [])", f"{d}.copy()", f"{d}.items()", f"{d}.keys()", f"{d}.values()",
                f"{d}.a", f"{d}['a']", f"{d}.items", f"{d}['items']", f"{d}['keys']", f"{d}.get", f"'a' in {d}", f"'a' in {d}.keys()", f"1 in {d}.values()", f"('a', 1) in {d}.items()", f"{d}|length", f"{d} == {d}.copy()",
                f"{d}.items()|length", f"{d}.keys()|join(',')", f"{d}.pop('a')", f"{d}.update({{}})", f"{d}.clear()", f"{d}.setdefault('q', 1)", f"{d}.popitem()", f"{d}.fromkeys([1, 2])", f"{d}.fromkeys('ab', 0)",
                f"{x}.index(1)", f"{x}.count(1)", f"{x}.copy()", f"{x}.append(1)", f"{x}.extend([1])", f"{x}.insert(0, 1)", f"{x}.pop()", f"{x}.remove(1)", f"{x}.reverse()", f"{x}.sort()", f"{x}.clear()", f"{x}.append is defined",
                f"{x}[0]", f"{x}[-1]", f"{x}[9]", f"{x}['0']", f"{x}.0", f"{x}.1.0", f"{x}[n]", f"{x}[t]", f"{x}[1.0]", f"{x}[nil]", f"{x} == {x}[:]", f"1 in {x}", f"{x}|first in {x}", f"{x} < {x}", f"{x} + {x}", f"{x}.length", f"{x}.size",
                f"{d}[1]", f"{d}[true]", f"{d}[nil]", f"{d}[[]]", f"{d}[(1,)]", f"{d}.__class__", f"{x}.__len__()", f"{d}._x", f"{x}.count", f"dict({d}, z=1)", f"{d}.items()|map('first')|list", f"{d}.items()|sort", f"{d}.values()|map('string')|list",
                f"range({r.randint(-2, 4)}, {r.randint(-2, 9)}, {r.choice([1, 2, -1, 3])})|list", f"range({r.randint(0, 6)})[{r.choice(['0', '-1', '1:', '::-1', '2'])}]", f"range(n) == range(3)", f"range(3).index(2)", f"(1, 2).count(1)", f"cycler('a', n).next()", "joiner()()", "joiner('x')() ~ 'y'",
                "namespace(a=n).a", "namespace(d).b", "namespace(a=1)['a']", "namespace(a=1).b", "namespace(a=1).b is defined", "namespace(pairs).a", "namespace() is iterable", "dict(pairs).a", "dict(xs)", "dict('ab')", "dict(**d)", "dict(d, **{'k': 1})", "range(*xs)", "range('a')", "range(1.5)", "range(1, 2, 0)", "dict(1)",
            ]
        ),
    )  # fmt: skip


def systematic_format(r):
    form = r.choice(FORMATS).replace("X", r.choice(["n", "s", "f", "t", "nil", "xs", "d", "'é'", "uni", "gone", "1.0", "neg", "(1, 'a')"]))
    if r.random() < 0.4:
        g = Expressions(r)
        form = percent(g, 1)
    elif r.random() < 0.15:
        form = r.choice(["'%(a)s-%(b)s' % d", "'%(a)05d' % d", "'%(gone)s' % d", "'%(a)s'|format(**d)", "'%(a)s %(k)r'|format(a=n, k=s)", "'%*d' % (5, 42)", "'%.*f' % (1, f)", "'%' % n", "'%y' % n", "'%d' % f", "'%d' % t", "'%x' % f", "'%s' % nil", "'%s' % gone", "'%d' % nil", "'%s %s' % n", "'abc' % xs", "'abc' % n", "'abc' % d", "'%s' % ()", "'%c' % 'ab'", "'%c%c' % (97, 'b')", "'%5%|' % ()", "'%s' % (xs,)", "'%r' % [uni]", "'%a' % uni", "'%s'|safe % html", "'%s'|format(html|safe)", "('%s'|e) % '<'", "'%.3f|%.0f|%.0f' % (f, half, 1.5)", "'%d' % 1e20", "'%d' % '5'", "'%f' % '5'", "'%i' % -3.7", "'%s' % none_d", "'% 5d|%+5d|%-+5d|' % (1, 2, 3)"])
    return shown(r, form)


def systematic_slice(r):
    subject = r.choice(["s", "uni", "xs", "words", "mixed", "empty", "e", "(1, 2, 3, 4)", "range(7)", "'🙂a🙂b🙂'", "[0, 1, 2, 3, 4, 5, 6]", "'abcdefg'", "lines", "nested.list", "recs[0].tags", "gone", "n", "d", "(s|safe)"])
    text = subject + slice_of(r)
    if r.random() < 0.3:
        text += slice_of(r)
    return shown(r, text + r.choice(["", "", "", "|length", "|list", "|join('.')"]))


# Programs ------------------------------------------------------------------------------------------------------------


class Programs:
    """Random templates of statements, with the names in scope kept in mind (and forgotten now and then)."""

    def __init__(self, r, white=0.5):
        self.r = r
        self.white = white
        self.count = 0

    def tag(self, body):
        r = self.r
        a = b = ""
        if r.random() < self.white:
            a, b = r.choice(["", "", "-", "-", "+"]), r.choice(["", "", "-", "-", "+"])
        inner = r.choice([" ", " ", " ", "", "  ", "\n"])
        end = inner
        if a == "" and inner == "" and body[0] in "+-":
            inner = " "
        if b == "" and body[-1] in "+-":
            end = " "
        return "{%" + a + inner + body + end + b + "%}"

    def raw(self, body):
        start = self.tag("raw")
        if self.r.random() < 0.97:
            # A plus is not known at that end.
            start = start.replace("+%}", "%}")
        return start + body + self.tag("endraw")

    def out(self, body):
        r = self.r
        a = b = ""
        if r.random() < self.white * 0.6:
            a, b = r.choice(["", "-", "-", "+"]), r.choice(["", "-"])
        inner = " " if body[0] in "+-{" or body[-1] in "+-}" else r.choice([" ", " ", " ", ""])
        return "{{" + a + inner + body + inner + b + "}}"

    def words(self):
        r = self.r
        return r.choice(
            ["a", " b ", "\n", "\n", "  \n", "\n\n", "\t", "<x>", "  - ", "x\n  ", " ", "  ", "c\n", "\n    ", "é", "%}", "\r\n", "\n \n", "end.", ", ", ": "]
            if r.random() < 0.9 else ["{ ", "} }", "#", "# line\n", "## x", "\u00a0", "\x0c\n", "\r", "'", "\\n", "{%raw%}{{x}}{%endraw%}", "\n\n\n"]
        )

    def name(self):
        return self.r.choice(["a", "b", "c", "x", "y", "v", "n", "s", "xs"])

    def block(self, depth, scope, loop):
        scope = dict(scope)
        return "".join(self.statement(depth, scope, loop) for _ in range(self.r.randint(1, 3)))

    def expression(self, kind, scope):
        return getattr(Expressions(self.r, scope, 0.01), kind)(self.r.choice([0, 0, 1, 1, 2]))

    def value(self, scope):
        kind = self.r.choice(["int", "text", "list", "bool", "dict"])
        return kind, self.expression(kind, scope)

    def shown(self, scope, loop):
        r = self.r
        if scope and r.random() < 0.5:
            name = r.choice(list(scope))
            if scope[name] == "macro":
                return self.out(f"{name}({r.choice(['', '1', '1, 2', 's', 'b=3', 'n, b=s', '1, c=5', '*xs', '1, 2, 3, 4, z=5'])})")
            if scope[name] == "space":
                return self.out(name + r.choice([".v", ".w", ".v|string", ".gone"]))
            return self.out(name + r.choice(["", "", "|string", " is defined", "|default('-')", "|tojson"]))
        if loop and r.random() < 0.5:
            return self.out(
                r.choice(
                    ["loop.index", "loop.index0", "loop.first", "loop.last", "loop.length", "loop.revindex", "loop.revindex0", "loop.previtem", "loop.nextitem", "loop.depth", "loop.depth0",
                     "loop.cycle('p', 'q', 'r')", "loop.changed(x)", "loop.previtem is defined", "loop.nextitem|default('end')", "loop.changed(loop.index // 2)", "loop.index % 2 == 0", "not loop.last"]
                )
            )  # fmt: skip
        return self.out(self.expression(r.choice(["int", "text", "text", "bool", "list", "any"]), scope))

    def statement(self, depth, scope, loop):
        r = self.r
        choice = r.random()
        if depth <= 0 or choice < 0.3:
            return self.words() if r.random() < 0.45 else self.shown(scope, loop)
        if choice < 0.44:
            return self.set(depth, scope, loop)
        if choice < 0.58:
            return self.condition(depth, scope, loop)
        if choice < 0.76:
            return self.loop(depth, scope, loop)
        if choice < 0.86:
            return self.macro(depth, scope, loop)
        if choice < 0.89:
            names = {self.name(): self.value(scope) for _ in range(r.randint(0, 2))}
            inner = {**scope, **{k: v[0] for k, v in names.items()}}
            heads = ", ".join(f"{k} = {v[1]}" for k, v in names.items())
            return self.tag(("with " + heads).strip()) + self.block(depth - 1, inner, loop) + self.tag("endwith")
        if choice < 0.92:
            filters = r.choice(["upper", "trim", "replace('a', 'o')", "upper|trim", "indent(2)", "length", "title", "trim|length", "join('-')", "reverse"])
            return self.tag("filter " + filters) + self.block(depth - 1, scope, loop) + self.tag("endfilter")
        if choice < 0.94:
            return self.raw(r.choice(["{{ x }}", "{% if %}\n", "  {# c #}  ", "\n a {{\n", "text", " %} "]))
        if choice < 0.97:
            a, b = r.choice(["", "-", "+", ""]), r.choice(["", "-", "+", ""])
            return "{#" + a + r.choice([" c ", "", " {{ x }} ", "\n", " {% if %} ", " multi\nline "]) + b + "#}"
        if choice < 0.985:
            return self.tag("generation") + self.block(depth - 1, scope, loop) + self.tag("endgeneration")
        return self.group(depth, scope, loop)

    def group(self, depth, scope, loop):
        r = self.r
        if r.random() < 0.5:
            return self.tag("set j = joiner(', ')") + self.tag("for x in xs") + self.out("j()") + self.out("x") + self.tag("endfor")
        return (
            self.tag("set k = cycler('odd', 'even')") + self.tag("for x in words") + self.out("k.next()") + self.shown(scope, True) + self.tag("endfor")
            + self.out("k.current")
        )  # fmt: skip

    def set(self, depth, scope, loop):
        r = self.r
        name = self.name()
        choice = r.random()
        if choice < 0.5:
            kind, value = self.value(scope)
            if name in scope and scope[name] in ("int", "text") and r.random() < 0.5:
                kind = scope[name]
                value = name + (" + " if kind == "int" else " ~ ") + self.expression(kind, scope)
            scope[name] = kind
            return self.tag(f"set {name}{r.choice([' = ', '=', ' ='])}{value}")
        if choice < 0.62:
            other = self.name()
            scope[name] = scope[other] = "int"
            if r.random() < 0.3:
                return self.tag(f"set {name}, {other} = {r.choice(['xs[:2]', 'd.items()|first', '(n, z)', '[1, 2]', 'xs'])}")
            return self.tag(f"set {name}, {other} = {self.expression('int', scope)}, {self.expression('int', scope)}")
        if choice < 0.8:
            spaces = [k for k, v in scope.items() if v == "space"]
            if spaces and r.random() < 0.8:
                return self.tag(f"set {spaces[0]}.v = " + r.choice([f"{spaces[0]}.v + 1", self.expression("int", scope)]))
            scope["ns"] = "space"
            return self.tag(f"set ns = namespace(v={self.expression('int', scope)}, w={self.expression('text', scope)})")
        filters = r.choice(["", "", " | upper", " | trim | length", "|replace('a', 'b')"])
        body = self.block(depth - 1, scope, loop)
        scope[name] = "text"
        return self.tag(f"set {name}{filters}") + body + self.tag("endset")

    def condition(self, depth, scope, loop):
        r = self.r
        parts = [self.tag("if " + self.test(scope, loop))]
        # A name that is set in a branch is known after it.
        parts.append("".join(self.statement(depth - 1, scope, loop) for _ in range(r.randint(1, 2))))
        for _ in range(r.choice([0, 0, 0, 1, 2])):
            parts.append(self.tag("elif " + self.test(scope, loop)) + self.block(depth - 1, scope, loop))
        if r.random() < 0.5:
            parts.append(self.tag("else") + self.block(depth - 1, scope, loop))
        parts.append(self.tag("endif"))
        return "".join(parts)

    def test(self, scope, loop):
        r = self.r
        if loop and r.random() < 0.4:
            return r.choice(["loop.first", "loop.last", "not loop.last", "loop.index0 == 1", "loop.index > 1", "loop.previtem is defined", "loop.nextitem is defined and not loop.first", "loop.index is even", "loop.length == 3"])
        return self.expression("bool", scope)

    def loop(self, depth, scope, loop):
        r = self.r
        inner = dict(scope)
        form = r.random()
        if form < 0.1:
            inner["i"] = "dict"
            body = self.out("i.name") + r.choice(["", self.shown(inner, True)]) + self.tag("if i.kids") + self.words() + self.out("loop(i.kids)") + self.tag("endif")
            tree = "[{'name': 'r', 'kids': [{'name': 'k1', 'kids': [{'name': 'g'}]}, {'name': 'k2'}]}, {'name': 'q', 'kids': []}]"
            return self.tag("set tree = " + tree) + self.tag("for i in tree recursive") + body + self.tag("endfor")
        if form < 0.25:
            head = r.choice(["x, y in pairs", "x, y in d.items()", "x, y in d|dictsort", "(x, y) in pairs", "x, y in odd|items", "x, (y, v) in [(1, (2, 3)), ('a', 'bc')]", "x, y in recs|groupby('home.city')", "x, y in [(1, 2), (3,)]", "x, y in none_d.items()"])
            inner.update(x="int", y="any")
        elif form < 0.35:
            head = "x in recs" + r.choice(["", " if x.age", " if x.tags|length > 1", "|sort(attribute='name')", "|selectattr('age')"])
            inner["x"] = "dict"
        else:
            x = r.choice(["x", "x", "x", "i", "n"])
            source = r.choice(["xs", "xs", "words", "nums", "[1, 2, 3]", "range(3)", "'ab🙂'", "empty", "d", "mixed", "xs|reverse", "words|map('upper')", "xs|select('odd')", "e", "gone", "range(n)", "words[1:]", "nums|batch(2)", "d.values()"])
            if r.random() < 0.15:
                source = self.expression("list", scope)
            head = f"{x} in {source}"
            if r.random() < 0.2:
                head += " if " + r.choice([f"{x} != 1", f"{x}", f"{x} is number", f"{x} is not none", "n > 2", "no", f"{x} is string or t"])
            inner[x] = "int" if source in ("xs", "[1, 2, 3]", "range(3)") else "any"
        body = "".join(self.statement(depth - 1, inner, True) for _ in range(r.randint(1, 3)))
        if r.random() < 0.15:
            test = r.choice(["loop.index == 2", "loop.first", "loop.index0 == 1", self.expression("bool", inner)])
            body = self.tag("if " + test) + self.tag(r.choice(["break", "continue"])) + self.tag("endif") + body
        if r.random() < 0.08:
            body = self.tag("set outer = loop") + self.tag("for q in [1, 2]") + self.out("outer.index ~ loop.index") + self.tag("endfor") + body
        if r.random() < 0.25:
            body += self.tag("else") + self.block(depth - 1, scope, False)
        return self.tag("for " + head) + body + self.tag("endfor")

    def macro(self, depth, scope, loop):
        r = self.r
        self.count += 1
        name = f"m{self.count}"
        head, names = r.choice(
            [
                ("()", {}), ("(a)", {"a": "int"}), ("(a, b=2)", {"a": "int", "b": "int"}), ("(a, b=2, c=b)", {"a": "int", "b": "int", "c": "int"}), ("(a=1, b='x', c=[1])", {"a": "int", "b": "text"}),
                ("(a, b=a)", {"a": "int", "b": "any"}), ("(a, b=n * 2)", {"a": "int", "b": "int"}), ("(a, b=none, c=s|length)", {"a": "any", "b": "any", "c": "int"}),
            ]
        )  # fmt: skip
        if r.random() < 0.2:
            body = self.shown({"a": "int"}, False) + self.tag("if a and a > 0") + r.choice(["", ",", " "]) + self.out(f"{name}(a - 1)") + self.tag("endif")
            scope[name] = "macro"
            return self.tag(f"macro {name}(a=0)") + body + self.tag("endmacro") + self.out(f"{name}({r.choice(['3', '2', 'n', '', 'a=1'])})")
        inner = {**scope, **names}
        body = self.block(depth - 1, inner, False)
        if r.random() < 0.2:
            body += self.out(r.choice(["varargs", "kwargs", "varargs|length", "kwargs|dictsort", "kwargs.z|default('-')"]))
        if r.random() < 0.3:
            call = r.choice(["call", "call(y)", "call(x, y=3)", "call(v='q')"])
            body += self.tag("if caller") + self.out(r.choice(["caller()", "caller(1)", "caller(y=2)", "caller(n)|upper", "caller()|trim"])) + self.tag("endif")
            scope[name] = "macro"
            blocks = self.tag(f"{call} {name}({r.choice(['', '1', 'n, b=s'])})") + self.block(depth - 1, {**scope, "y": "any"}, loop) + self.tag("endcall")
            return self.tag(f"macro {name}{head}") + body + self.tag("endmacro") + blocks
        scope[name] = "macro"
        early = self.tag(f"set {self.name()} = {self.expression('int', scope)}") if r.random() < 0.3 else ""
        return self.tag(f"macro {name}{head}") + body + self.tag("endmacro") + early + self.shown({name: "macro"} if r.random() < 0.8 else scope, False)


def program(r, white=0.4):
    p = Programs(r, white)
    scope = {}
    return "".join(p.statement(3, scope, False) for _ in range(r.randint(2, 4)))


def white_space(r):
    """Small tags in much white space."""
    p = Programs(r, 0.7)
    gaps = ["", " ", "\n", "  ", "\n  ", "  \n", "\n\n", "\t", "a", "b\n", " c ", "\r\n", "\r\n  ", "\n \t ", "d\n\n", "\r", "\u00a0", "\x0b", "\n\u3000", "e \n f", "\x1c", "\u2028"]
    weights = [2, 6, 8, 4, 6, 5, 5, 2, 4, 5, 4, 3, 2, 3, 3, 1, 1, 1, 1, 3, 1, 1]

    def gap():
        return "".join(r.choices(gaps, weights)[0] for _ in range(r.choice([0, 1, 1, 2, 2, 3])))

    def piece(depth):
        kind = r.random()
        if kind < 0.22:
            return p.out(r.choice(["1", "s", "e", "'\\n'", "' x '", "-1", "ws", "- 2", "+1"]))
        if kind < 0.36:
            return "{#" + r.choice(["", "-", "+", ""]) + r.choice([" c ", "\n", "", " {{ 1 }} ", " x "]) + r.choice(["", "-", "+", ""]) + "#}"
        if kind < 0.46:
            return p.tag("set v = 1")
        if kind < 0.54:
            return p.raw(gap() + r.choice(["{{ x }}", "", "{% y %}", "r"]) + gap())
        if depth <= 0:
            return "x"
        inner = gap() + "".join(piece(depth - 1) + gap() for _ in range(r.randint(0, 2)))
        if kind < 0.72:
            return p.tag("if " + r.choice(["t", "no", "true"])) + inner + r.choice(["", p.tag("else") + gap() + "z" + gap()]) + p.tag("endif")
        if kind < 0.86:
            return p.tag("for i in " + r.choice(["[1, 2]", "'ab'", "xs"])) + inner + r.choice(["", p.out("i"), p.out("i") + gap()]) + p.tag("endfor")
        if kind < 0.9:
            return p.tag("generation") + inner + p.tag("endgeneration")
        if kind < 0.94:
            return p.tag("set v") + inner + p.tag("endset") + p.out("v")
        if kind < 0.97:
            return p.tag("macro f()") + inner + p.tag("endmacro") + gap() + p.out("f()")
        return p.tag("filter upper") + inner + p.tag("endfilter")

    return gap() + "".join(piece(2) + gap() for _ in range(r.randint(1, 4))) + r.choice(["", "", "\n", "\n\n", " \n", "\r\n"])


# Chat templates ------------------------------------------------------------------------------------------------------


def chat_template(r):
    """Pieces as the published chat templates have them, put together at random."""
    p = Programs(r, r.choice([0, 0.3, 1]))
    t, o = p.tag, p.out
    dash = r.random() < 0.5
    if dash:

        def t(body):
            return "{%- " + body + " %}" + r.choice(["", "\n", "\n    "])

    role = r.choice(["message.role", "message['role']", "message[\"role\"]"])
    content = r.choice(["message.content", "message['content']", "message['content'] | trim", "message.content|string", "(message.content or '')", "message['content'].strip()", "message.content if message.content is string else ''"])
    pieces = []
    start = r.random()
    if start < 0.25:
        pieces.append(t("if messages[0]['role'] == 'system'") + t("set system_message = messages[0]['content']") + t("set loop_messages = messages[1:]") + t("else") + t(r.choice(["set system_message = ''", "set system_message = 'You are kind.'", "set system_message = false"])) + t("set loop_messages = messages") + t("endif"))
        pieces.append(t("if system_message") + r.choice(["<|system|>\n", "<<SYS>>\n", "[SYS]"]) + o(r.choice(["system_message", "system_message|trim", "system_message + '\\n'", "system_message ~ eos_token"])) + t("endif"))
        loop = "loop_messages"
    elif start < 0.4:
        pieces.append(t("set ns = namespace(system='', first=true, index=messages|length - 1, seen=false)") + t("for message in messages") + t(f"if {role} == 'system'") + t(r.choice(["set ns.system = message['content']", "set ns.system = ns.system + message.content"])) + t("endif") + t("endfor") + o("ns.system"))
        loop = r.choice(["messages", "messages[::-1]"])
    elif start < 0.55:
        pieces.append(t("if not add_generation_prompt is defined") + t("set add_generation_prompt = false") + t("endif") + o("bos_token"))
        loop = "messages"
    elif start < 0.65:
        pieces.append(t("set loop_messages = messages | selectattr('role', 'in', ['user', 'assistant']) | list") + o("loop_messages|length"))
        loop = "loop_messages"
    else:
        pieces.append(r.choice(["", o("bos_token"), o("bos_token if bos_token is defined else ''"), o("bos_token ~ ''"), t("set date = strftime_now('%d %b %Y')") + o("date"), t("if date_string is not defined") + t("set date_string = '26 Jul 2024'") + t("endif") + o("date_string")]))
        loop = r.choice(["messages", "messages", "messages[1:]", "(messages if messages[0].role != 'system' else messages[1:])"])
    if r.random() < 0.45:
        pieces.append(
            r.choice(
                [
                    t("if tools") + "# Tools\n" + t("for tool in tools") + o(r.choice(["tool | tojson", "tool|tojson(indent=4)", "tool.function.name ~ ': ' ~ tool.function.description", "'- ' + tool['function']['name'] + '\\n'", "(tool.function if tool.function is defined else tool)|tojson", "tool.function.parameters.properties.keys()|join(', ')", "tool.function | string"])) + t("if not loop.last") + "\n" + t("endif") + t("endfor") + t("endif"),
                    t("if tools is not none and tools is defined") + o("tools|map(attribute='function')|map(attribute='name')|join(',')") + t("endif"),
                    t("if tools is iterable and tools|length > 0") + o("tools|length") + t("for tool in tools") + t("for name, spec in tool.function.parameters.properties.items()") + o("name") + ":" + o(r.choice(["spec.type", "spec.type if spec.type is string else spec.type|join(' | ')", "spec.get('enum', [])", "spec.description|default('?')", "(spec.enum|join('/')) if spec.enum else spec.type"])) + r.choice(["", t("if name in (tool.function.parameters.required or [])") + "*" + t("endif"), t("if not loop.last") + ", " + t("endif")]) + t("endfor") + t("endfor") + t("endif"),
                    t("macro show(spec, depth=0)") + t("for k, v in spec|dictsort") + o("'  ' * depth ~ k") + t("if v is mapping") + "(" + o("show(v, depth=depth + 1)") + ")" + t("elif v is iterable and v is not string") + o("v|join('|')") + t("else") + "=" + o("v") + t("endif") + t("if not loop.last") + "," + t("endif") + t("endfor") + t("endmacro") + t("if tools") + o("show(tools[0].function.parameters)") + t("endif"),
                    t("set tools_text = tools|tojson if tools else '[]'") + o("tools_text|length"),
                ]
            )
        )  # fmt: skip
    body = []
    if r.random() < 0.2:
        body.append(t(f"if ({role} == 'user') != (loop.index0 % 2 == 0)") + (o("raise_exception('Conversation roles must alternate user/assistant/user/assistant/...')") if r.random() < 0.35 else "!") + t("endif"))
    if r.random() < 0.25:
        body.append(t("if message.content is string") + t("set content = message.content") + t("elif message.content is iterable") + t("set content = " + r.choice(["message.content|map(attribute='text')|join", "message.content[0].text", "message.content|selectattr('type', 'equalto', 'text')|map(attribute='text')|list|join('\\n')"])) + t("else") + t("set content = ''") + t("endif"))
        content = r.choice(["content", "content|trim", "content.split('</think>')[-1].lstrip('\\n')"])
    if r.random() < 0.25:
        body.append(t("set reasoning = ''") + t("if message.reasoning_content is string") + t("set reasoning = message.reasoning_content") + t("elif message.content is string and '</think>' in message.content") + t("set reasoning = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n')") + t("endif") + t("if reasoning") + "<think>" + o(r.choice(["reasoning", "reasoning.strip('\\n')", "reasoning|trim"])) + "</think>" + t("endif"))
    shape = r.random()
    if shape < 0.35:
        body.append(r.choice(["<|im_start|>", "<|", "[", "<start_of_turn>"]) + o(r.choice([role, f"{role}|upper", f"{role}|capitalize", f"{role}.title()", f"'model' if {role} == 'assistant' else {role}"])) + r.choice(["\n", "|>", "]", ": "]) + o(content) + r.choice(["<|im_end|>\n", "\n", "", o("eos_token")]))
    else:
        body.append(t(f"if {role} == 'user'") + o(r.choice([f"'[INST] ' ~ {content.replace(' | trim', '')} ~ ' [/INST]'" if " if " not in content else content, content])) + t(r.choice([f"elif {role} == 'assistant'", f"elif {role} in ['assistant', 'model']", f"elif not {role} == 'tool'"])) + r.choice(["", " "]) + o(content) + r.choice(["", o("eos_token")]) + t("elif " + role + " == 'tool'") + t(r.choice(["if loop.first or loop.previtem.role != 'tool'", "if loop.index0 == 0 or messages[loop.index0 - 1].role != \"tool\""])) + "<tools>" + t("endif") + o(r.choice(["message.content", "message.name ~ '=' ~ message.content", "message|tojson", "{'content': message.content}|tojson"])) + t("if loop.last or loop.nextitem.role != 'tool'") + "</tools>" + t("endif") + r.choice(["", t("else") + r.choice([o("raise_exception('Unknown role: ' ~ message.role)"), o("message.role"), ""])]) + t("endif"))
    if r.random() < 0.35:
        body.append(t("if message.tool_calls" + r.choice(["", " is defined and message.tool_calls", " is not none"])) + t("for call in message.tool_calls") + t("if call.function") + t("set call = call.function") + t("endif") + "<call>" + o(r.choice(["call.name ~ '(' ~ call.arguments|tojson ~ ')'", "call|tojson", "{'name': call.name, 'arguments': call.arguments}|tojson(indent=2)", "call.arguments if call.arguments is string else call.arguments|tojson", "call.arguments.items()|list", "call['arguments']['city']"])) + "</call>" + t("if not loop.last") + "\n" + t("endif") + t("endfor") + t("endif"))
    if r.random() < 0.1:
        body = [t("if loop.first and message.role == 'system'") + t("continue") + t("endif")] + body
    if r.random() < 0.12:
        body = [t("if message.role == 'assistant'") + t("generation")] + [o(content)] + [t("endgeneration") + t("endif")]
    pieces.append(t(f"for message in {loop}") + "".join(body) + t("endfor"))
    if r.random() < 0.7:
        pieces.append(t(r.choice(["if add_generation_prompt", "if add_generation_prompt and messages[-1].role != 'assistant'", "if add_generation_prompt is defined and add_generation_prompt", "if add_generation_prompt == true"])) + r.choice(["<|im_start|>assistant\n", "[A]", o("'<|assistant|>\\n'")]) + r.choice(["", t("if enable_thinking is defined and enable_thinking is false") + o("'<think>\\n\\n</think>\\n\\n'") + t("endif"), t("if not (enable_thinking | default(true))") + "<no_think>" + t("endif"), t("if enable_thinking|default(false)") + "<think>\n" + t("endif")]) + t("endif"))
    if not dash:
        pieces = [x + r.choice(["", "\n"]) for x in pieces]
    return "".join(pieces)


# Broken templates ----------------------------------------------------------------------------------------------------

TOKEN = re.compile(r"\{[%{#][-+]?|[-+]?[%}#]\}|'[^']*'|\w+|\s+|.", re.S)


def broken(r):
    """A good template with one token taken out, doubled, swapped or replaced."""
    source = r.choice(
        [
            lambda: shown(r, Expressions(r, slips=0).any(2)), lambda: program(r, 0.2), lambda: shown(r, mixed_operators(r)),
            lambda: "{% for x in xs if x %}{{ x }}{% else %}-{% endfor %}", lambda: "{% macro m(a, b=1) %}{{ a }}{% endmacro %}{{ m(1, b=2) }}",
            lambda: "{% set a, b = 1, 2 %}{% if a is divisibleby 2 %}x{% elif b in xs %}y{% else %}z{% endif %}", lambda: "{{ {'a': [1, (2, 3)], 'b': d['a']} }}",
            lambda: "{% call(x) m(1, *xs, **d) %}b{% endcall %}", lambda: "{% with a = 1, b = 2 %}{{ a }}{% endwith %}", lambda: "{% set x | upper %}a{% endset %}{{ xs[1:2] }}",
            lambda: "{% raw %}{{ x }}{% endraw %}{# c #}{{ s.upper() }}",
        ]
    )()  # fmt: skip
    tokens = TOKEN.findall(source)
    i = r.randrange(len(tokens))
    what = r.random()
    if what < 0.4:
        del tokens[i]
    elif what < 0.55:
        tokens.insert(i, tokens[i])
    elif what < 0.75:
        j = r.randrange(len(tokens))
        tokens[i], tokens[j] = tokens[j], tokens[i]
    else:
        tokens[i] = r.choice(["(", ")", "[", "]", "{", "}", ",", ".", "|", "is", "not", "in", "if", "else", "endif", "endfor", "=", "==", "!", "?", "@", "$", "&", "'", "\"", "1", "x", "%}", "}}", "{{", "{%", "**", ":", "~", ";", "for", "and"])  # fmt: skip
    return "".join(tokens)


# All together --------------------------------------------------------------------------------------------------------

CATEGORIES = [
    (11, lambda r: shown(r, mixed_operators(r))),
    (16, lambda r: shown(r, getattr(Expressions(r), r.choice(["any", "any", "text", "bool", "list", "num", "int", "tuple", "dict"]))(r.randint(2, 5)))),
    (6, lambda r: shown(r, literal(r, r.randint(0, 3)) + r.choice(["", "", "", "|tojson", "|string", "|length", "|tojson(indent=2)"]))),
    (15, systematic_filter),
    (4, systematic_test),
    (9, systematic_method),
    (5, systematic_container),
    (4, systematic_format),
    (4, systematic_slice),
    (14, program),
    (8, white_space),
    (2, broken),
]


def generated(r, number):
    """That many cases, no template twice, with a bounded share of errors."""
    seen = set()
    errors = kept = 0
    weights = [w for w, _ in CATEGORIES]
    while kept < number:
        if r.random() < 0.13:
            template, pool = chat_template(r), conversation(r)
        else:
            template, pool = r.choices(CATEGORIES, weights)[0][1](r), BASIC
        if template in seen or len(template) > LONGEST_TEMPLATE + (600 if pool is not BASIC else 0):
            continue
        seen.add(template)
        variables = used(template, pool)
        result = outcome(template, variables)
        if result is None or ("error" in result and errors + 1 > ERRORS_AT_MOST * (kept + 1)):
            continue
        errors += "error" in result
        kept += 1
        yield {"template": template, "variables": variables, **result}


def hand_written():
    for template, variables, right in sharp.FIELD:
        assert outcome(template, variables) == {"text": right}, (template, outcome(template, variables))
    for template, variables in sharp.SHARP:
        result = outcome(template, variables)
        if result is None:
            print("not kept:", template, file=sys.stderr)
            continue
        yield {"template": template, "variables": variables, **result}


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260203
    path = sys.argv[3] if len(sys.argv) > 3 else "vectors.jsonl.gz"
    assert jinja2.__version__ == "3.1.6", jinja2.__version__
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    signal.signal(signal.SIGALRM, _alarm)
    warnings.simplefilter("ignore")
    first = list(hand_written())
    cases = first + list(generated(random.Random(seed), number - len(first)))
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(lines.encode())
    errors = sum("error" in case for case in cases)
    print(f"{len(cases)} cases, {len(first)} by hand, {errors} errors, {len(lines.encode())} bytes")


if __name__ == "__main__":
    main()
