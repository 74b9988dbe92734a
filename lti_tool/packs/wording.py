"""What a parser or validator found, said to the author: what is wrong, what to write."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import yaml

from lti_tool.packs.schema import FIELDS, PATTERNS

_TAG = "tag:yaml.org,2002:"
BOOL, INT, FLOAT, DATE = f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float", f"{_TAG}timestamp"
NULL, MERGE = f"{_TAG}null", f"{_TAG}merge"

_READ_AS = {BOOL: "true or false", INT: "a number", FLOAT: "a number", DATE: "a date"}

_SENTENCES = {
    "missing": "{name} is missing; add it.",
    "string_too_short": "{name} is empty; write some text.",
    "string_pattern_mismatch": "{name} is {raw}; write {wanted}.",
    "int_type": "{name} is {raw}; write a whole number.",
    "bool_type": "{name} is {raw}; write true or false.",
    "date_type": "{name} is {raw}; write a date without quotes, as 2026-11-23.",
    "enum": "{name} is {raw}; write one of {expected}.",
    "greater_than_equal": "{name} is {raw}; write {ge} or more.",
    "less_than_equal": "{name} is {raw}; write {le} or less.",
    "list_type": '{name} is not a list; write "[a, b]" or one line "- a" for each.',
    "dict_type": '{name} is not a mapping; write lines "key: value" under it.',
    "model_type": '{name} is not a mapping; write lines "key: value" under it.',
    "too_short": "{name} is empty; give at least {min_length}.",
}

_YAML_HINTS = {
    "mapping values are not allowed": 'put text that contains ": " in quotes',
    "cannot start any token": "indent with spaces, not tabs, and put text that begins with a "
    "sign such as @, % or ` in quotes",
    "expected a single document": 'keep "---" for the two lines around the front matter',
    "undefined alias": "put text that begins with * in quotes",
    "could not find expected ':'": 'write "key: value", and indent the lines of a long text',
    "did not find expected key": "check the indentation, and quotes inside quoted text",
    "while scanning a quoted scalar": "close the quotes",
}


def in_words(detail: Mapping[str, Any], node: yaml.Node) -> str:
    """A sentence for one of pydantic's errors.

    Args:
        detail: the error.
        node: the YAML it is about, or the nearest that exists.
    """
    kind, name = detail["type"], _name(detail["loc"])
    if kind == "extra_forbidden":
        return _unknown(name)
    if kind == "string_type":
        return _not_text(name, node)
    context = detail.get("ctx", {})
    wanted = PATTERNS.get(context.get("pattern", ""), "")
    template = _SENTENCES.get(kind, "{name}: " + detail["msg"].replace("{", "{{") + ".")
    words = {**context, "name": name, "raw": _raw(node), "wanted": wanted}
    return str(template.format(**words))


def yaml_in_words(error: yaml.YAMLError) -> tuple[int, str]:
    """The line (from 0) and a sentence for text that is not the YAML we read."""
    if not isinstance(error, yaml.MarkedYAMLError):
        problem = getattr(error, "reason", None) or error
        return 0, f"this cannot be read as YAML: {problem}."
    # An open quotation is found at the end of the text, and begun at the context's mark.
    at_end = "end of stream" in str(error.problem) and error.context_mark
    mark = at_end or error.problem_mark or error.context_mark
    whole = f"{error.context} {error.problem}"
    hints = [f"; {hint}" for words, hint in _YAML_HINTS.items() if words in whole]
    line = mark.line if mark else 0
    return line, f"this cannot be read as YAML: {error.problem}{''.join(hints[:1])}."


def _name(place: tuple[int | str, ...]) -> str:
    words = [step for step in place if isinstance(step, str) and step != "[key]"]
    if not words:
        return "the file"
    return f'an entry of "{words[-1]}"' if isinstance(place[-1], int) else f'"{words[-1]}"'


def _unknown(name: str) -> str:
    alike = get_close_matches(name.strip('"'), FIELDS, 1)
    return f"{name} is not known here; " + (
        f'write "{alike[0]}".' if alike else "leave it out."
    )


def _not_text(name: str, node: yaml.Node) -> str:
    if node.tag == NULL:
        return f"{name} is empty; write some text."
    if node.tag in _READ_AS:
        read_as = _READ_AS[node.tag]
        return (
            f'{name}: YAML reads {node.value} as {read_as}; put it in quotes: "{node.value}".'
        )
    return f'{name} must be text; put text that contains ": " or begins with [ or {{ in quotes.'


def _raw(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "a list or mapping"
    text = str(node.value)
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'
