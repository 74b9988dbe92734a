"""Every setting, all from the environment, read once when a process starts."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
    field_validator,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from lti_tool.errors import Misconfigured
from lti_tool.tenancy.addresses import origin_of

_SHORTEST_SECRET = 32  # characters: 128 bits and more, however they are written
_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}")
_SPECIAL = re.compile(r":memory:|\?")  # in memory, or with options


def _comma_list(value: object) -> object:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _checked(url: str) -> str:
    try:
        make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError("use postgresql://user:password@host:5432/name") from error
    return url


class Settings(BaseModel):
    """Settings of one process; config/example.env tells what each is for."""

    model_config = ConfigDict(frozen=True, validate_default=True)

    database_url: str = "sqlite:///var/lti_tool.db"
    public_url: str  # our origin, without a trailing slash
    secret_keys: Annotated[tuple[str, ...], BeforeValidator(_comma_list)] = ()
    port: int = Field(8080, ge=1, le=65535)
    web_concurrency: int = Field(1, ge=1, le=64)
    content_packs: Path = Path("content_packs")
    config: Path = Path("config")
    trusted_proxies: int = Field(0, ge=0, le=5)
    allow_private_networks: Annotated[
        tuple[IPvAnyNetwork, ...], BeforeValidator(_comma_list)
    ] = ()
    metrics_token: str = ""
    log_format: Literal["json", "console"] = "json"

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url.startswith("sqlite")

    @property
    def private_networks(self) -> tuple[str, ...]:
        """Networks an LMS may live in although they are not public, as CIDRs."""
        return tuple(str(network) for network in self.allow_private_networks)

    @field_validator("*", mode="before")
    @classmethod
    def _printable(cls, value: object) -> object:
        # Bytes that are no text come from the environment as lone surrogates.
        if isinstance(value, str) and not value.isprintable():
            raise ValueError("holds characters that cannot be printed")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
            return _checked(f"postgresql+psycopg://{rest}")
        file = rest.removeprefix("/")
        if scheme != "sqlite" or file == rest or not Path(file).name or _SPECIAL.search(file):
            raise ValueError("use postgresql://user@host/name or sqlite:///path/to/file.db")
        return url

    @field_validator("public_url")
    @classmethod
    def _origin(cls, url: str) -> str:
        parts = urlsplit(url.rstrip("/"))
        host = parts.hostname or ""
        local = host == "localhost" or host.endswith(".localhost") or _LOOPBACK.fullmatch(host)
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("use https://your.host (plain http only for localhost)")
        if not host or parts.path or parts.query or parts.fragment or parts.username:
            raise ValueError("give only the origin, as in https://npq.example.org")
        origin = origin_of(url)
        if origin is None:
            raise ValueError("this is no web address; it looks like https://npq.example.org")
        return origin

    @field_validator("secret_keys")
    @classmethod
    def _long_enough(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) < _SHORTEST_SECRET for key in keys):
            raise ValueError(f"each key needs at least {_SHORTEST_SECRET} characters")
        return keys

    @field_validator("content_packs")
    @classmethod
    def _existing(cls, folder: Path) -> Path:
        if not os.path.isdir(folder):  # unlike is_dir, False also where looking is not allowed
            raise ValueError(f"there is no folder {folder}")
        return folder


def read_settings(env: Mapping[str, str]) -> Settings:
    """The settings in this environment; empty variables count as unset.

    On SQLite an unset SECRET_KEYS is made once and kept beside the database.

    Raises:
        Misconfigured: names every variable that is missing or wrong.
    """
    given = {name: env[name.upper()] for name in Settings.model_fields if env.get(name.upper())}
    faults = list(_unshared_secret(given))
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise Misconfigured(*_faults(error), *faults) from error
    if faults:
        raise Misconfigured(*faults)
    if settings.secret_keys:
        return settings
    return settings.model_copy(update={"secret_keys": (_kept_secret(settings),)})


def _unshared_secret(given: Mapping[str, str]) -> Iterator[str]:
    """Asked apart from the other settings, to be named together with their faults."""
    on_postgresql = given.get("database_url", "").startswith("postgres")
    if on_postgresql and not _comma_list(given.get("secret_keys", "")):
        yield (
            "SECRET_KEYS: unset. With PostgreSQL every process must share it; make one with "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'."
        )


def sqlite_file(settings: Settings) -> Path:
    """Where the embedded database lives."""
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _kept_secret(settings: Settings) -> str:
    """The secret made for this database, made now if this is the first start."""
    file = sqlite_file(settings).with_name("secret_keys")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _create_once(file)
        secret = file.read_text("utf-8", errors="surrogateescape").strip()
    except OSError as error:
        raise Misconfigured(
            f"SECRET_KEYS: unset, and {file} cannot be kept ({error.strerror})."
        ) from error
    if len(secret) < _SHORTEST_SECRET or not secret.isprintable():
        raise Misconfigured(
            f"SECRET_KEYS: unset, and what {file} holds is too short or no text. Put back what "
            "you had: without it nothing encrypted in the database can be read."
        )
    return secret


def _create_once(file: Path) -> None:
    """Write a new secret, whole or not at all; web and worker may start at the same moment."""
    if file.exists():
        return
    number, draft = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)  # mode 0600
    with os.fdopen(number, "w", encoding="utf-8") as opened:
        opened.write(secrets.token_urlsafe(48) + "\n")
        opened.flush()
        os.fsync(opened.fileno())  # a secret lost to a power cut is lost for good
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first: its secret stands
    finally:
        os.unlink(draft)


def _faults(error: ValidationError) -> list[str]:
    """One sentence per wrong variable; never its value, which may be a secret."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0]).upper()
        what = (
            "unset"
            if fault["type"] == "missing"
            else fault["msg"].removeprefix("Value error, ")
        )
        faults.append(f"{name}: {what}. See config/example.env.")
    return faults
