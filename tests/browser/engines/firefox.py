"""
Debian's Firefox, driven over its own protocol, Marionette: nothing else need be installed.

Source: Firefox Source Docs, Marionette, Protocol: a message is its length, a colon and JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typing_extensions import override

from tests.browser.engines.webdriver import WebDriver, answered, ended, started

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")
_STARTS_WITHIN_S = 30
_QUIET = {  # nothing is asked of Mozilla's servers, nothing stands in the way
    "marionette.port": 0,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.startup.max_resumed_crashes": -1,
    # Marionette allows every pop-up; people's browsers do not.
    "dom.disable_open_during_load": True,
}


class Firefox(WebDriver):
    """One Firefox; its preferences can be changed while it runs."""

    def __init__(self) -> None:
        assert PROGRAM
        self._profile = Path(tempfile.mkdtemp(prefix="npqff-"))
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in _QUIET.items()]
        (self._profile / "user.js").write_text("".join(lines))
        arguments = (
            "--headless",
            "--marionette",
            "--remote-allow-system-access",
            "--no-remote",
        )
        place = {"HOME": str(self._profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
        self._process = started(
            PROGRAM, *arguments, "--profile", str(self._profile), env=os.environ | place
        )
        self._number, self._open = 0, contextlib.ExitStack()
        try:
            connection = self._open.enter_context(self._connected())
            self._stream = self._open.enter_context(connection.makefile("rwb"))
            self._read()  # the greeting
            self.command("NewSession", acceptInsecureCerts=True)
            self.home = self.windows()[0]
        except BaseException:
            self.quit()
            raise

    def _connected(self) -> socket.socket:
        port = self._profile / "MarionetteActivePort"
        end = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError, ValueError):
                return socket.create_connection(("127.0.0.1", int(port.read_text())), 60)
            time.sleep(0.05)
        raise TimeoutError("Firefox did not start")

    @override
    def command(self, name: str, **parameters: Any) -> Any:
        if "element" in parameters:
            parameters["id"] = parameters.pop("element")
        if name == "SwitchToFrame" and parameters["id"]:
            parameters = {"element": next(iter(parameters["id"].values()))}
        if name == "ExecuteScript":
            parameters.setdefault("sandbox", None)
        prefix = "" if ":" in name else "WebDriver:"
        answer = self._sent(prefix + name, parameters)
        return answer["value"] if isinstance(answer, dict) and "value" in answer else answer

    def _sent(self, name: str, parameters: Mapping[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._stream.write(b"%d:%s" % (len(message), message))
        self._stream.flush()
        _, _, error, result = self._read()
        answered(error)
        return result

    def _read(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            if not byte:
                raise ConnectionError("Firefox is gone")
            length += byte
        return json.loads(self._stream.read(int(length)))

    def become(self, preferences: Mapping[str, Any], keeps_cookies_of: str) -> None:
        """Forget everything; go on with these preferences and one site that may keep cookies.

        Args:
            preferences: with names; None sets one back to what Firefox comes with.
            keeps_cookies_of: an origin, whatever the preferences say.
        """
        self.only_home()
        self.go("about:blank")
        self.command("Marionette:SetContext", value="chrome")
        try:
            self._in_chrome(_FORGET)
            for name, value in preferences.items():
                self._in_chrome(_PREFER, name, value)
            self._in_chrome(_ALLOW, keeps_cookies_of)
        finally:
            self.command("Marionette:SetContext", value="content")

    def _in_chrome(self, script: str, *given: Any) -> None:
        self.command(
            "ExecuteAsyncScript",
            script=f"const done = arguments[arguments.length - 1]; {script}",
            args=list(given),
            sandbox="system",
        )

    @override
    def quit(self) -> None:
        with contextlib.suppress(Exception):
            self._sent("Marionette:Quit", {"flags": ["eForceQuit"]})
            self._process.wait(5)
        with contextlib.suppress(OSError):
            self._open.close()
        ended(self._process)
        shutil.rmtree(self._profile, ignore_errors=True)


_FORGET = "Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, () => done());"
_PREFER = """
const [name, value] = arguments;
if (value === null) Services.prefs.clearUserPref(name);
else if (typeof value === "boolean") Services.prefs.setBoolPref(name, value);
else Services.prefs.setIntPref(name, value);
done();
"""
_ALLOW = """
const allow = Ci.nsICookiePermission.ACCESS_ALLOW;
const site = Services.scriptSecurityManager.createContentPrincipalFromOrigin(arguments[0]);
Services.perms.addFromPrincipal(site, "cookie", allow);
done();
"""
