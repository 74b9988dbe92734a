"""Debian's WebKitGTK, driven over W3C WebDriver, on a screen of its own that nobody sees."""

from __future__ import annotations

import contextlib
import glob
import http.client
import json
import os
import shutil
import tempfile
import time
from typing import Any

from typing_extensions import override

from tests.browser.engines.webdriver import WebDriver, answered, ended, started
from tests.build import free_port

DRIVER = shutil.which("WebKitWebDriver")
SCREEN = shutil.which("Xvfb")
PROGRAM = next(iter(glob.glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")), None)
_STARTS_WITHIN_S = 15
_COMMANDS = {  # as W3C WebDriver, 6.4, lists them
    "NewSession": ("POST", "/session"),
    "DeleteSession": ("DELETE", ""),
    "Navigate": ("POST", "/url"),
    "Refresh": ("POST", "/refresh"),
    "GetWindowHandles": ("GET", "/window/handles"),
    "SwitchToWindow": ("POST", "/window"),
    "CloseWindow": ("DELETE", "/window"),
    "SwitchToFrame": ("POST", "/frame"),
    "FindElement": ("POST", "/element"),
    "ElementClick": ("POST", "/element/{element}/click"),
    "ElementSendKeys": ("POST", "/element/{element}/value"),
    "ExecuteScript": ("POST", "/execute/sync"),
}


class WebKit(WebDriver):
    """One MiniBrowser with these flags."""

    def __init__(self, *flags: str) -> None:
        assert DRIVER
        assert SCREEN
        assert PROGRAM
        self._home = tempfile.mkdtemp(prefix="npqwk-")
        self._screen = self._process = None
        self._session = ""
        try:
            environment = self._environment()
            self._port = free_port()
            self._process = started(
                DRIVER, "--host=127.0.0.1", f"--port={self._port}", env=environment
            )
            options = {"binary": PROGRAM, "args": ["--automation", *flags]}
            wanted = {"acceptInsecureCerts": True, "webkitgtk:browserOptions": options}
            self._session = self._begun({"alwaysMatch": wanted})
            self.home = self.windows()[0]
        except BaseException:
            self.quit()
            raise

    def _environment(self) -> dict[str, str]:
        reading, writing = os.pipe()  # the screen picks a free number and says which
        self._screen = started(
            str(SCREEN), "-displayfd", str(writing), "-nolisten", "tcp",
            "-screen", "0", "1280x900x24", pass_fds=[writing],
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as said:
            display = f":{said.readline().strip()}"
        own = {"HOME": self._home, "XDG_RUNTIME_DIR": self._home, "DISPLAY": display}
        plain = {"GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1", "GDK_BACKEND": "x11"}
        return os.environ | own | plain | {"LIBGL_ALWAYS_SOFTWARE": "1"}

    def _begun(self, capabilities: Any) -> str:
        end = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                return str(self.command("NewSession", capabilities=capabilities)["sessionId"])
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    @override
    def command(self, name: str, **parameters: Any) -> Any:
        method, path = _COMMANDS[name]
        path = path.format(element=parameters.pop("element", ""))
        if name != "NewSession":
            path = f"/session/{self._session}{path}"
        body = json.dumps(parameters) if method == "POST" else None
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            return answered(json.load(connection.getresponse())["value"])

    @override
    def quit(self) -> None:
        if self._session:
            with contextlib.suppress(Exception):
                self.command("DeleteSession")
        ended(self._process)
        ended(self._screen)
        shutil.rmtree(self._home, ignore_errors=True)
