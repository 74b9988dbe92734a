"""Prose becomes safe HTML that fits a page with its own title."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.packs.render import html_of, tokens_of
from lti_tool.study.content import Evidence

WORKS = {
    "chi-1981": Evidence(
        "chi-1981", ("Chi, M.", "Fel, P.", "Gla, R."), 1981, "T", "V", "10.1/x"
    ),
    "o-2006": Evidence("o-2006", ("O'Hara <b>, R.", "Kar, J."), 2006, "T", "V", "10.1/y"),
}


def html(markdown: str) -> str:
    return html_of(tokens_of(markdown), WORKS)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        pytest.param("It *is* **so**.", "<p>It <em>is</em> <strong>so</strong>.</p>", id="em"),
        pytest.param("### A", "<h2>A</h2>", id="first heading"),
        pytest.param("#### A", "<h3>A</h3>", id="second heading"),
        pytest.param("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>', id="list"),
        pytest.param("> a", "<blockquote>\n<p>a</p>\n</blockquote>", id="quotation"),
        pytest.param('"a" -- b...', '<p>"a" -- b...</p>', id="no clever punctuation"),
        pytest.param(
            "[a](https://b.example/?c=1&d)",
            '<p><a href="https://b.example/?c=1&amp;d" rel="noopener noreferrer"'
            ' target="_blank">a</a></p>',
            id="link away",
        ),
        pytest.param("[a](#b)", '<p><a href="#b">a</a></p>', id="link within"),
        pytest.param(
            "So [@chi-1981].",
            '<p>So (<a class="citation" href="#ref-chi-1981">Chi et al., 1981</a>).</p>',
            id="citation of many",
        ),
        pytest.param(
            "[@o-2006]",
            '<p>(<a class="citation" href="#ref-o-2006">'
            "O'Hara &lt;b&gt; &amp; Kar, 2006</a>)</p>",
            id="citation of two, escaped",
        ),
        pytest.param("`[@chi-1981]`", "<p><code>[@chi-1981]</code></p>", id="citation as code"),
        pytest.param(r"\[@chi-1981]", "<p>[@chi-1981]</p>", id="citation escaped"),
    ],
)
def test_markdown_becomes_html(markdown, expected):
    assert html(markdown) == expected


def test_a_table_scrolls_on_its_own_and_aligns_by_class():
    table = html("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")

    assert table.startswith(
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Table">'
    )
    assert table.endswith("</table>\n</div>")
    assert '<th scope="col" class="text-center">b</th>' in table
    assert '<td>1</td>\n<td class="text-center">2</td>\n<td class="text-end">3</td>' in table
    assert "style" not in table


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt&colon;alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](vbscript:x)",
        "<javascript:alert(1)>",
        '[a](https://b.example "onmouseover=alert(1)")',
        "![a](https://b.example/c.png)",
        "<svg/onload=alert(1)>",
    ],
)
def test_what_the_reader_would_refuse_is_harmless_even_so(markdown):
    _is_safe(html(markdown))


@settings(deadline=None)
@given(st.text(alphabet="[]()<>!#*_`|-:\\\"'&;@ \nabchttps/=.jv\u00a0", max_size=80))
def test_no_text_makes_unsafe_html(markdown):
    if "[@" not in markdown:
        _is_safe(html(markdown))


def _is_safe(text: str) -> None:
    for opening in text.split("<")[1:]:
        tag = opening.split(">")[0]
        assert not tag.startswith(("script", "img", "svg", "iframe", "style")), text
        assert " on" not in tag, text
        assert " style" not in tag, text
        if 'href="' in tag:
            assert tag.split('href="')[1].startswith(("https://", "#")), text
