"""Markdown to safe HTML: one parser for all prose, and a second fence behind it.

The parser escapes raw HTML; prose.py has already refused it and every link but https and
"#…". What is left passes an allow-list (nh3), so that a fault in either does not reach a
page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from lti_tool.study.content import Evidence

CITATION = "citation"  # token whose content is the evidence id between "[@" and "]"

_CITATION = re.compile(r"\[@([^\]\n]*)\]")
_ALIGNED = {"text-align:center": "text-center", "text-align:right": "text-end"}
_TABLE = (
    '<div class="table-scroll" tabindex="0" role="region" aria-label="Table">\n'
    '<table class="table">\n'
)
_TAGS = {"p", "h2", "h3", "h4", "h5", "ul", "ol", "li", "em", "strong", "a", "code", "br"}
_BLOCK_TAGS = {"blockquote", "pre", "hr", "div", "table", "thead", "tbody", "tr", "th", "td"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS | _BLOCK_TAGS,
    attributes={
        "a": {"class", "href", "rel", "target"},
        "div": {"class", "tabindex", "role", "aria-label"},
        "ol": {"start"},
        "table": {"class"},
        "td": {"class"},
        "th": {"class", "scope"},
    },
    url_schemes={"https"},
    url_relative=lambda url: url if url.startswith("#") else None,
    link_rel=None,
)


def tokens_of(markdown: str) -> list[Token]:
    """The block tokens of a text; their map counts lines from 0."""
    return _PARSER.parse(markdown)


def html_of(tokens: Sequence[Token], evidence: Mapping[str, Evidence]) -> str:
    """Safe HTML of these tokens, headings one level up, citations as links to "#ref-<id>".

    Args:
        tokens: whole blocks of tokens_of's.
        evidence: by id; every cited work must be there.
    """
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {"evidence": evidence})
    return _CLEANER.clean(html).strip()


def inline_of(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Every inline token with the line (from 0) its block begins at."""
    line = 0
    for token in tokens:
        line = token.map[0] if token.map else line
        for child in token.children or ():
            yield line, child


def text_of(token: Token) -> str:
    """The plain words of a block's inline token, emphasis dropped."""
    return "".join(child.content for child in token.children or ()).strip()


def is_web_address(href: str) -> bool:
    """Whether a link leaves for the web, and safely."""
    return href.startswith("https://")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.inline.ruler.before("link", CITATION, _citation)
    rules: dict[str, Callable[..., str]] = {
        CITATION: _render_citation,
        "heading_open": _render_heading,
        "heading_close": _render_heading,
        "link_open": _render_link,
        "table_open": lambda *_: _TABLE,
        "table_close": lambda *_: "</table>\n</div>\n",
        "th_open": _render_cell,
        "td_open": _render_cell,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


def _citation(state: StateInline, silent: bool) -> bool:
    found = _CITATION.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push(CITATION, "", 0).content = found[1]
    state.pos = found.end()
    return True


def _render_citation(
    _: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, env: dict[str, Any]
) -> str:
    work: Evidence = env["evidence"][tokens[at].content]
    return f'(<a class="citation" href="#ref-{work.id}">{escapeHtml(work.short)}</a>)'


def _render_heading(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    # The page has the only h1, the activity's title; "###" is the first level in prose.
    token = tokens[at]
    slash, end = ("/", "\n") if token.nesting < 0 else ("", "")
    return f"<{slash}h{int(token.tag[1]) - 1}>{end}"


def _render_link(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    href = str(tokens[at].attrGet("href"))
    away = ' rel="noopener noreferrer" target="_blank"' if is_web_address(href) else ""
    return f'<a href="{escapeHtml(href)}"{away}>'


def _render_cell(_: RendererHTML, tokens: Sequence[Token], at: int, *__: object) -> str:
    # Alignment as a class: a style attribute is refused by the pages' content policy.
    token = tokens[at]
    scope = ' scope="col"' if token.tag == "th" else ""
    aligned = _ALIGNED.get(str(token.attrGet("style")))
    return f"<{token.tag}{scope}" + (f' class="{aligned}">' if aligned else ">")


_PARSER = _parser()
