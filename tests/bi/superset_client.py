"""Superset's REST API as a signed-in analyst uses it: sign in, then JSON requests. What is asked is in superset_checks."""

import json
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT_SECONDS = 300


class RefusedError(Exception):
    """Superset answered a request with an error; the text holds status and body."""


class SupersetClient:
    """One signed-in session on http://127.0.0.1:PORT."""

    def __init__(self, port: int, password: str) -> None:
        """Sign in as `analyst` and fetch the token that requests with a body must carry."""
        self._root = f"http://127.0.0.1:{port}/api/v1/"
        proxies = urllib.request.ProxyHandler({})  # a proxy of the environment must not see the loopback
        self._opener = urllib.request.build_opener(proxies, urllib.request.HTTPCookieProcessor(CookieJar()))
        self._headers = {"Content-Type": "application/json", "Referer": self._root}
        login = {"username": "analyst", "password": password, "provider": "db", "refresh": False}
        self._headers["Authorization"] = f"Bearer {self.post('security/login', login)['access_token']}"
        self._headers["X-CSRFToken"] = self.get("security/csrf_token/")["result"]

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The JSON answer to a GET; RefusedError when it is not a success."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        return self._ask(urllib.request.Request(f"{self._root}{path}{query}", headers=self._headers))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON answer to a POST of `body`; RefusedError when it is not a success."""
        data = json.dumps(body).encode()
        return self._ask(urllib.request.Request(f"{self._root}{path}", data=data, headers=self._headers))

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RefusedError(f"{request.full_url}: {error.code} {error.read().decode()[:500]}") from error
