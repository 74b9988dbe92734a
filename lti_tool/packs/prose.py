"""A study session's file in its pieces: front matter, and the prose of each activity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from lti_tool.packs.faults import Fault
from lti_tool.packs.render import CITATION, inline_of, is_web_address, text_of, tokens_of

_FENCE = "---"
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")


@dataclass(frozen=True, slots=True)
class Section:
    """The prose of one activity."""

    id: str  # as its heading says
    line: int  # of the heading, in the file
    source: str  # Markdown without the heading
    tokens: Sequence[Token]
    first_line: int  # where the tokens' own counting begins in the file

    @property
    def cited(self) -> list[tuple[int, str]]:
        """Line and evidence id of every citation."""
        found = ((n, t) for n, t in inline_of(self.tokens) if t.type == CITATION)
        return [(self.first_line + line, token.content) for line, token in found]

    def parts(self) -> tuple[Sequence[Token], list[tuple[str, Sequence[Token]]]]:
        """What stands before the first "###", and the title and tokens of each part."""
        starts = [at for at, token in enumerate(self.tokens) if _is_heading(token, "h3")]
        ends = [*starts, len(self.tokens)][1:]
        titled = [
            (text_of(self.tokens[start + 1]), self.tokens[start + 3 : end])
            for start, end in zip(starts, ends, strict=True)
        ]
        return self.tokens[: starts[0] if starts else None], titled


def split_front_matter(text: str) -> tuple[str, str, int] | None:
    """Front matter, body, and the body's first line in the file; None without fences.

    The front matter begins in line 2, after the first fence.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return None
    closing = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), 0)
    if not closing:
        return None
    return "\n".join(lines[1:closing]), "\n".join(lines[closing + 1 :]), closing + 2


def sections_of(body: str, file: str, first_line: int, faults: list[Fault]) -> list[Section]:
    """The sections of a body, one for each "##"; what prose may not hold goes to faults."""
    tokens, lines = tokens_of(body), body.split("\n")
    starts = [at for at, token in enumerate(tokens) if _is_heading(token, "h2")]
    ends = [*starts, len(tokens)][1:]
    sections = [
        _section(tokens[start:end], lines[: _line(tokens, end, len(lines))], first_line)
        for start, end in zip(starts, ends, strict=True)
    ]
    if tokens and starts[:1] != [0]:
        says = (
            'text stands before the first activity; put it under a heading "## <activity id>".'
        )
        faults.append(Fault(file, first_line + _line(tokens, 0, 0), says))
    faults += [Fault(file, first_line + line, says) for line, says in _refused(tokens)]
    return sections


def _is_heading(token: Token, tag: str) -> bool:
    return token.type == "heading_open" and token.tag == tag and token.level == 0


def _line(tokens: Sequence[Token], at: int, default: int) -> int:
    place = tokens[at].map if at < len(tokens) else None
    return place[0] if place else default


def _section(tokens: Sequence[Token], lines: Sequence[str], first_line: int) -> Section:
    heading = _line(tokens, 0, 0)
    return Section(
        id=text_of(tokens[1]),
        line=first_line + heading,
        source="\n".join(lines[heading + 1 :]).strip(),
        tokens=tokens[3:],
        first_line=first_line,
    )


def _refused(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Line (from 0) and sentence for everything that prose may not hold."""
    for token in tokens:
        if token.type == "heading_open" and token.map:
            yield from ((token.map[0], says) for says in _refused_heading(token))
    for line, child in inline_of(tokens):
        yield from ((line, says) for says in _refused_inline(child))


def _refused_heading(token: Token) -> Iterator[str]:
    if token.level:
        yield "a heading stands in a list or quotation; put it on a line of its own."
    elif token.tag == "h1":
        yield 'the page has its title already; use "###" for headings in prose.'


def _refused_inline(token: Token) -> Iterator[str]:
    if token.type == "image":
        yield "pictures are not supported yet; say it in words."
    elif token.type == "link_open":
        href = str(token.attrGet("href"))
        if not (is_web_address(href) or href.startswith("#")):
            yield f'the link to "{href}" is not safe; link to an https:// address or to "#…".'
    elif token.type == "text":
        yield from _refused_text(token.content)


def _refused_text(text: str) -> Iterator[str]:
    if tag := _TAG.search(text):
        yield f"HTML is not allowed ({tag[0][:40]}); use Markdown, or `…` to show it."
    if "](" in text:
        # The parser leaves javascript:, data: and file: links, malformed ones and those
        # around a citation, which is a link itself, as text.
        yield "this link cannot be used; write [words](https://address)."
