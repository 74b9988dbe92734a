"""Stylesheets and script from our own origin, at addresses that change with their content."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from lti_tool.errors import NotServed
from lti_tool.web.access import serve_anyone

blueprint = Blueprint("assets", __name__, url_prefix="/assets")
serve_anyone(blueprint)

_OURS = Path(__file__).with_name("static")
_FOR_EVER = "public, max-age=31536000, immutable"
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of ours, ready to be sent."""

    name: str
    digest: str  # of its content; part of its address
    media_type: str
    plain: bytes
    packed: bytes  # gzip

    @property
    def address(self) -> str:
        """The path it is served at."""
        return f"/assets/{self.digest}/{self.name}"


def asset_url(name: str) -> str:
    """Where a stylesheet or script is, for templates."""
    return _assets()[name].address


@blueprint.get("/<digest>/<name>")
def asset(digest: str, name: str) -> Response:
    """One asset, for ever; under an address from before a new release only for now."""
    found = _assets().get(name)
    if found is None:
        raise NotServed("There is no such file.")
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.packed if packed else found.plain, mimetype=found.media_type)
    response.headers["Cache-Control"] = _FOR_EVER if digest == found.digest else "no-store"
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{found.digest}-gzip" if packed else found.digest)
    response.make_conditional(request)
    return response


@cache
def _assets() -> dict[str, Asset]:
    files = (_bootstrap(), _OURS / "study.css", _OURS / "study.js", _OURS / "binding.js")
    return {file.name: _read(file) for file in files}


@blueprint.record_once
def _read_before_the_first_request(_state: BlueprintSetupState) -> None:
    _assets()


def _bootstrap() -> Path:
    """The stylesheet inside Bootstrap-Flask, found without importing the package."""
    spec = find_spec("flask_bootstrap")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "static/bootstrap5/css/bootstrap.min.css"


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    return Asset(
        name=file.name,
        digest=sha256(content).hexdigest()[:16],
        media_type=_MEDIA_TYPES[file.suffix],
        plain=content,
        packed=gzip.compress(content, mtime=0),
    )
