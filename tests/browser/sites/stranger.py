"""A stranger's site: it posts launches begun elsewhere, and answers whatever it is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

from flask import Flask, abort


@dataclass(frozen=True)
class Attack:
    """A launch that somebody began elsewhere, to be finished in another's browser."""

    form: dict[str, str]  # what the LMS would post
    browser_key: str  # what proves the browser it was begun in


_ANSWERS = """
addEventListener("message", ({ data, source }) => {
  if (!data || typeof data !== "object") return;
  const { subject, message_id, key } = data;
  const answer = { ...data, subject: `${subject}.response`, message_id, key, value: KEY };
  source.postMessage(answer, "*");
});
"""
_TARGETS = {"window": "_self", "frame": "inside", "popup": "opened"}


class Stranger:
    """Pages of a site that nobody trusts."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.form: dict[str, str] = {}  # posted to the tool
        self.action = ""
        self.browser_key = ""  # told to whoever asks anything
        self.app = Flask(__name__)
        self.app.add_url_rule("/<how>", view_func=self._page)

    def holds(self, attack: Attack, tool: str, *, with_key: bool) -> None:
        """Have this launch finished by whoever comes; the key is told to whoever asks."""
        shown = {"browser_key": attack.browser_key, "carrier": "session_storage"}
        self.form = attack.form | (shown if with_key else {})
        self.browser_key = attack.browser_key
        self.action = f"{tool}/lti/launch"

    def _page(self, how: str) -> str:
        """Post the launch in this `window`, in a `frame` of it, or by a click in a `popup`."""
        target = _TARGETS.get(how) or abort(404)
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in self.form.items()
        )
        script = _ANSWERS.replace("KEY", json.dumps(self.browser_key))
        send = "" if how == "popup" else 'document.getElementById("go").submit();'
        return (
            "<!doctype html><title>Win a prize</title>"
            "<iframe name=inside width=900 height=600></iframe>"
            f"<form id=go method=post action='{self.action}' target={target}>{fields}"
            f"<button id=send>Claim it</button></form><script>{script}{send}</script>"
        )
