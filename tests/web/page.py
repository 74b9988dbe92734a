"""A page as a test reads it: its elements, and its words."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "hr", "path", "circle"}


@dataclass
class Element:
    """One element with what is inside it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Its text, white space made single."""
        texts = (c if isinstance(c, str) else c.words for c in self.children)
        return " ".join(" ".join(texts).split())

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Elements inside with this tag and these attributes; a class by one of its names."""
        found = []
        for child in self.children:
            if isinstance(child, str):
                continue
            if (not tag or child.tag == tag) and child.has(wanted):
                found.append(child)
            found += child.all(tag, **wanted)
        return found

    def one(self, tag: str = "", **wanted: str) -> Element:
        """The only such element."""
        (found,) = self.all(tag, **wanted)
        return found

    def has(self, wanted: dict[str, str]) -> bool:
        """Whether it has these attributes; class_ and for_ stand for class and for."""
        for name, value in wanted.items():
            given = self.attributes.get(name.rstrip("_").replace("_", "-"))
            if given is None or (value not in given.split() and value != given):
                return False
        return True


class Page(Element):
    """A whole page, refused when its tags are not balanced."""

    def __init__(self, html: str) -> None:
        super().__init__("page", {})
        reader = _Reader(self)
        reader.feed(html)
        reader.close()
        assert reader.open == [self], f"never closed: {[e.tag for e in reader.open[1:]]}"

    @property
    def headings(self) -> list[int]:
        """Levels of the headings in order."""
        return [int(e.tag[1]) for e in self.all() if e.tag in ("h1", "h2", "h3", "h4", "h5")]

    @property
    def title(self) -> str:
        """Of its h1."""
        return self.one("h1").words


class _Reader(HTMLParser):
    def __init__(self, page: Element) -> None:
        super().__init__()
        self.open = [page]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)
