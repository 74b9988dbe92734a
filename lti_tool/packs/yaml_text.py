"""YAML in which every value knows its line and nothing is silently something else.

YAML 1.1, as PyYAML reads it, lets a key occur twice (the last wins), lets aliases multiply
a text without end, and reads 010 as 8 and 1:10 as 70. All of these are faults here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lti_tool.packs.faults import Fault, text_in
from lti_tool.packs.wording import BOOL, DATE, FLOAT, INT, MERGE, in_words, yaml_in_words

# libyaml's composer recurses in C: measured with PyYAML 6.0.3, 20,000 levels are read and
# 40,000 end the process. Only these signs open a level without a line of its own.
_MAX_OPENINGS = 10_000
_OPENING = re.compile(r"[\[{]|[-?]\s")
_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")

Model = TypeVar("Model", bound=BaseModel)
Trap = tuple[int, str]  # line (from 0) in the YAML and sentence
Place = tuple[int | str, ...]  # as pydantic names it: ("activities", 0, "title")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's values stand in a file."""

    file: str
    root: yaml.Node
    first_line: int  # the YAML's own first line in the file

    def fault(self, says: str, *place: int | str) -> Fault:
        """A fault at this place, or at the nearest thing around it that exists."""
        return Fault(self.file, self.first_line + _find(self.root, place)[0], says)

    def repeated(self, ids: Sequence[str], what: str, *place: int | str) -> Iterator[Fault]:
        """A fault for each entry of the list at this place that has an earlier one's id."""
        seen: set[str] = set()
        for at, given in enumerate(ids):
            if given in seen:
                yield self.fault(f'{what} "{given}" is there already; keep one.', *place, at)
            seen.add(given)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Model]):
    """A validated model and where it was written."""

    entry: Model
    source: Source


def parse(
    model: type[Model], text: str, file: str, faults: list[Fault], first_line: int = 1
) -> Parsed[Model] | None:
    """The model this YAML holds; None after adding to faults all that is wrong with it.

    Args:
        model: what the YAML should hold.
        text: the YAML.
        file: the file's name in faults.
        faults: added to.
        first_line: the YAML's first line in that file.
    """
    try:
        root, traps, value = _load(text)
    except yaml.YAMLError as error:
        line, says = yaml_in_words(error)
        faults.append(Fault(file, first_line + line, says))
        return None
    source = Source(file, root, first_line)
    faults += [Fault(file, first_line + line, says) for line, says in traps]
    try:
        entry = model.model_validate(value)
    except ValidationError as error:
        faults += _invalid(error, source)
        return None
    return None if traps else Parsed(entry, source)


def parse_file(
    model: type[Model], folder: Path, file: str, faults: list[Fault]
) -> Parsed[Model] | None:
    """The model a YAML file holds; None after adding to faults all that is wrong with it."""
    text = text_in(folder, file, faults)
    return None if text is None else parse(model, text, file, faults)


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader, whose every refusal is a YAMLError with a line."""


def _exact(tag: str) -> None:
    # 2026-02-30 looks like a date and ends in a bare ValueError.
    # Source: PyYAML 6.0.3, constructor.py, construct_yaml_timestamp.
    construct: Callable[[Any, Any], Any] = yaml.CSafeLoader.yaml_constructors[tag]

    def constructed(loader: _Loader, node: yaml.Node) -> Any:
        try:
            return construct(loader, node)
        except (ValueError, KeyError, IndexError) as error:
            problem = f"{node.value!r} is no such value"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error

    _Loader.add_constructor(tag, constructed)


for _tag in (BOOL, DATE, FLOAT, INT):
    _exact(_tag)


def _load(text: str) -> tuple[yaml.Node, list[Trap], Any]:
    if sum(1 for _ in _OPENING.finditer(text)) > _MAX_OPENINGS:
        raise yaml.YAMLError("it has too many lists and mappings for one file")
    loader = _Loader(text)
    root = loader.get_single_node()
    if root is None:
        raise yaml.YAMLError("nothing is written here")
    traps = list(_traps(root))  # before constructing, which resolves "<<" in the nodes
    return root, traps, loader.construct_document(root)


def _nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Every node once; a node met again, which takes an alias, is refused."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            problem = "a text is used again by an alias (&name, *name); write it out each time"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        seen.add(id(node))
        waiting += _children(node)
        yield node


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _invalid(error: ValidationError, source: Source) -> Iterator[Fault]:
    for detail in error.errors(include_url=False, include_input=False):
        line, node = _find(source.root, detail["loc"])
        yield Fault(source.file, source.first_line + line, in_words(detail, node))


def _find(root: yaml.Node, place: Place) -> tuple[int, yaml.Node]:
    """The line (from 0) and node of the deepest part of this place that exists."""
    line, node = root.start_mark.line, root
    for step in place:
        line, node = _step(node, step) or (line, node)
    return line, node


def _step(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        matching = ((k.start_mark.line, v) for k, v in node.value if k.value == str(step))
        return next(matching, None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        entry: yaml.Node = node.value[step]
        return entry.start_mark.line, entry
    return None


def _traps(root: yaml.Node) -> Iterator[Trap]:
    for node in _nodes(root):
        if isinstance(node, yaml.MappingNode):
            yield from _key_traps(node)
        elif node.tag == INT and not _PLAIN_INT.fullmatch(node.value):
            says = f"YAML reads {node.value} as another number; write plain digits."
            yield node.start_mark.line, says


def _key_traps(node: yaml.MappingNode) -> Iterator[Trap]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag == MERGE:
            yield key.start_mark.line, '"<<" merges another mapping; write its entries out.'
        elif isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                yield key.start_mark.line, f'"{key.value}" is given twice; keep one of them.'
            seen.add(key.value)
