"""What a browser sees of an HTML page: forms, links, frames, scripts, text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_SILENT = {"script", "style", "noscript", "template"}
_VOID = {"input", "br", "hr", "img", "link", "meta", "source", "wbr"}


@dataclass
class Form:
    """One form and what it would send as it stands."""

    action: str
    method: str
    id: str = ""
    target: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # text, name, value
    offered: set[str] = field(default_factory=set)  # names, also of boxes not ticked


@dataclass
class Link:
    """One link."""

    text: str
    href: str
    target: str


@dataclass
class Script:
    """One inline script, or the address of another."""

    text: str
    src: str
    nonce: str


class Html(HTMLParser):
    """One parsed page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[Link] = []
        self.frames: list[dict[str, str]] = []
        self.scripts: list[Script] = []
        self.items: list[tuple[dict[str, str], int]] = []  # <li> attributes, first link after
        self.title = ""
        self._text: list[str] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._kept: list[str] | None = None  # text of the link, button or textarea being read
        self._select = ""
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        """The visible text, spaces collapsed."""
        return " ".join("".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        start = getattr(self, f"_start_{tag}", None)
        if start:
            start(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag in ("a", "button", "textarea") and self._kept is not None:
            self._end_text(tag, " ".join("".join(self._kept).split()))
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            self.scripts[-1].text += data
        elif "title" in self._open:
            self.title += data.strip()
        elif not _SILENT & set(self._open):
            self._text.append(data)
        if self._kept is not None:
            self._kept.append(data)

    def _end_text(self, tag: str, text: str) -> None:
        self._kept = None
        if tag == "a":
            self.links[-1].text = text
        elif self._form and tag == "button" and self._form.buttons:
            self._form.buttons[-1] = (text, *self._form.buttons[-1][1:])
        elif self._form and tag == "textarea":
            self._form.fields[-1] = (self._form.fields[-1][0], text)

    def _start_form(self, given: dict[str, str]) -> None:
        action, method = given.get("action", ""), given.get("method", "get").upper()
        self._form = Form(action, method, given.get("id", ""), given.get("target", ""))
        self.forms.append(self._form)

    def _start_a(self, given: dict[str, str]) -> None:
        if "href" in given:
            self.links.append(Link("", given["href"], given.get("target", "")))
            self._kept = []

    def _start_li(self, given: dict[str, str]) -> None:
        self.items.append((given, len(self.links)))

    def _start_iframe(self, given: dict[str, str]) -> None:
        self.frames.append(given)

    def _start_script(self, given: dict[str, str]) -> None:
        self.scripts.append(Script("", given.get("src", ""), given.get("nonce", "")))

    def _start_br(self, _given: dict[str, str]) -> None:
        self._text.append(" ")

    def _start_button(self, given: dict[str, str]) -> None:
        self._kept = []
        if self._form and given.get("type", "submit") == "submit":
            self._form.buttons.append(("", given.get("name", ""), given.get("value", "")))

    def _start_textarea(self, given: dict[str, str]) -> None:
        self._kept = []
        if self._form:
            self._offer(given, "")

    def _start_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if self._form is None:
            return
        if kind == "submit":
            label = given.get("value", "")
            self._form.buttons.append((label, given.get("name", ""), label))
        elif kind in ("checkbox", "radio") and "checked" not in given:
            self._form.offered.add(given.get("name", ""))
        else:
            self._offer(given, given.get("value", "on" if kind == "checkbox" else ""))

    def _start_select(self, given: dict[str, str]) -> None:
        self._select = given.get("name", "")

    def _start_option(self, given: dict[str, str]) -> None:
        if self._form is None or not self._select:
            return
        chosen = [name for name, _ in self._form.fields]
        if "selected" in given and self._select in chosen:
            self._form.fields = [one for one in self._form.fields if one[0] != self._select]
        if "selected" in given or self._select not in chosen:
            self._offer({"name": self._select}, given.get("value", ""))

    def _offer(self, given: dict[str, str], value: str) -> None:
        assert self._form is not None
        if "name" in given and "disabled" not in given:
            self._form.fields.append((given["name"], value))
            self._form.offered.add(given["name"])
