"""The HTTP client: one page at a time, every hop looked at, everything bounded.

httpx speaks the protocol. Connections go to the address that was looked at, with the host's name in
the `Host` header and the TLS handshake; they are not used again, since another host may have the
same address. Proxies of the environment are not used: they would look names up by themselves.
"""

import asyncio
import time
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Literal, Self

import httpx

from askdoc.errors import FetchError
from askdoc.fetching.addresses import Resolve, address_of, check_address, resolve, shortened
from askdoc.fetching.bodies import ENCODINGS, body_of
from askdoc.fetching.lists import AGENT, MOST_RULES_BYTES, RobotsRules, rules_from

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({429, 503})
_LONGEST_WAIT_S = 60
_ROBOTS_TIMEOUT_S = 10.0
_ACCEPT = "text/html, application/xhtml+xml, application/pdf, text/*;q=0.9, */*;q=0.5"
_BROWSER = "Save the page in a browser and run: askdoc add FILE"
_TLS = httpx.create_ssl_context(trust_env=False)
"""Made once: it reads every certificate authority there is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one page may take, redirects included; waiting for one's turn is not counted."""

    bytes: int = 20_000_000
    seconds: float = 30.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to tell whether a page has changed since. Fields may be ""."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request."""
        sent = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in sent.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one request. `url` is where redirects led to."""

    url: str
    status: Literal["ok", "unchanged", "gone"]
    body: bytes = b""
    content_type: str = ""
    charset: str = ""
    validators: Validators = Validators()


class Fetcher:
    """Fetches pages; an asynchronous context manager."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        delay_s: float = 1.0,
        limits: Limits | None = None,
        resolving: Resolve = resolve,
    ) -> None:
        """Sets the rules.

        Args:
            allow_private: Whether hosts of private networks and of this machine may be reached.
            delay_s: Seconds between two requests to one host; a site's robots.txt may want more.
            limits: How much one page may take.
            resolving: Looks up the addresses of a host.
        """
        self._allow_private = allow_private
        self._delay_s = delay_s
        self._limits = limits or Limits()
        self._resolving = resolving
        self._rules: dict[str, RobotsRules] = {}
        self._free_at: dict[str, float] = {}
        self._client = httpx.AsyncClient(
            verify=_TLS,
            trust_env=False,
            timeout=10,
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={
                "User-Agent": f"{AGENT}/{version('askdoc')}",
                "Accept": _ACCEPT,
                "Accept-Encoding": ENCODINGS,
            },
        )

    async def __aenter__(self) -> Self:
        """Begins."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends, and closes what is open."""
        await self._client.aclose()

    async def fetch(self, address: str, known: Validators | None = None) -> Fetched:
        """Fetches a page, following redirects.

        Args:
            address: Its web address.
            known: What the server told of the version that is held; one that has not changed since
                comes back as "unchanged", without a body.

        Raises:
            FetchError: It must not or cannot be fetched; the message has a way out.
        """
        url = check_address(address)
        left = self._limits.seconds
        for _ in range(self._limits.redirects + 1):
            await self._wait_for_turn(url)
            began = time.monotonic()
            found = await self._timed(url, left, known or Validators())
            left -= time.monotonic() - began
            if isinstance(found, Fetched):
                return found
            url = found
        raise FetchError(
            f"{shortened(address)}: is redirected more than {self._limits.redirects} times. Open "
            "it in a browser and add the address it ends at."
        )

    async def _wait_for_turn(self, url: httpx.URL) -> None:
        """Waits until a host may be asked again.

        Raises:
            FetchError: Its robots.txt does not let askdoc fetch the page.
        """
        rules = await self._rules_of(url)
        if not rules.allow(str(url)):
            raise FetchError(
                f"{shortened(str(url))}: the site's robots.txt does not let programs fetch it"
                f"{', or cannot be had' if rules.closed else ''}. {_BROWSER}"
            )
        now = time.monotonic()
        begins = max(now, self._free_at.get(url.host, now))
        self._free_at[url.host] = begins + max(self._delay_s, rules.delay_s)
        await asyncio.sleep(begins - now)

    async def _rules_of(self, url: httpx.URL) -> RobotsRules:
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        if origin not in self._rules:
            # An address that must not be reached is told as it was given.
            await address_of(url, self._resolving, allow_private=self._allow_private)
            self._rules[origin] = await self._fetch_rules(httpx.URL(f"{origin}/robots.txt"))
        return self._rules[origin]

    async def _fetch_rules(self, url: httpx.URL) -> RobotsRules:
        try:
            async with asyncio.timeout(_ROBOTS_TIMEOUT_S):
                for _ in range(self._limits.redirects + 1):
                    response, body = await self._get(url, {}, MOST_RULES_BYTES)
                    if response.status_code not in _REDIRECTS:
                        return rules_from(response.status_code, body)
                    url = _target(url, response)
        except (FetchError, TimeoutError, httpx.HTTPError):
            return RobotsRules(closed=True)
        return RobotsRules()

    async def _timed(
        self, url: httpx.URL, seconds: float, known: Validators
    ) -> Fetched | httpx.URL:
        """One hop: a page, or where it is redirected to.

        Raises:
            FetchError: It cannot be fetched, or takes longer than `seconds`.
        """
        shown = shortened(str(url))
        try:
            async with asyncio.timeout(max(seconds, 0)):
                return await self._hop(url, known)
        except (TimeoutError, httpx.TimeoutException):
            raise FetchError(
                f"{shown}: did not arrive within {self._limits.seconds:g} s. Try again later."
            ) from None
        except httpx.HTTPError as error:
            raise FetchError(
                f"{shown}: cannot be reached ({_reason(error)}). Try again later."
            ) from None

    async def _hop(self, url: httpx.URL, known: Validators) -> Fetched | httpx.URL:
        response, body = await self._get(url, known.headers(), self._limits.bytes)
        if response.status_code in _LATER and (wait := _wait_s(response)) is not None:
            await asyncio.sleep(wait)
            response, body = await self._get(url, known.headers(), self._limits.bytes)
        status = response.status_code
        if status in _REDIRECTS:
            return _target(url, response)
        if status == 304 and known.headers():
            return Fetched(str(url), "unchanged", validators=known)
        if status in {404, 410}:
            return Fetched(str(url), "gone")
        if status != 200:
            raise FetchError(f"{shortened(str(url))}: {_refusal(status)}")
        return _fetched(url, response, body)

    async def _get(
        self, url: httpx.URL, headers: dict[str, str], most: int
    ) -> tuple[httpx.Response, bytes]:
        """Sends one request to the address that was looked at."""
        place = await address_of(url, self._resolving, allow_private=self._allow_private)
        request = self._client.build_request(
            "GET",
            url.copy_with(host=place),
            headers={**headers, "Host": url.netloc.decode("ascii"), "Connection": "close"},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await self._client.send(request, stream=True)
        try:
            read = response.status_code in {200, *_LATER}
            body = await body_of(response, most, shortened(str(url))) if read else b""
            return response, body
        finally:
            await response.aclose()
            self._client.cookies.clear()


def _target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """Where a redirect leads to.

    Raises:
        FetchError: Nowhere, or where nothing is fetched from.
    """
    location = response.headers.get("location", "").strip()
    if not location:
        raise FetchError(f"{shortened(str(url))}: is redirected to nowhere. Check the address.")
    try:
        joined = str(url.join(location))
    except (httpx.InvalidURL, ValueError, UnicodeError):
        joined = location
    return check_address(joined)


def _fetched(url: httpx.URL, response: httpx.Response, body: bytes) -> Fetched:
    headers = response.headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    validators = Validators(headers.get("etag", "")[:500], headers.get("last-modified", "")[:100])
    return Fetched(str(url), "ok", body, kind, response.charset_encoding or "", validators)


def _wait_s(response: httpx.Response) -> int | None:
    """The seconds that a busy server asks to wait for, if they are few."""
    wanted = response.headers.get("retry-after", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) <= _LONGEST_WAIT_S else None


def _refusal(status: int) -> str:
    if status in {401, 402, 403, 407, 451}:
        return f"the site refuses programs ({status}), or wants a login. {_BROWSER}"
    if status in _LATER:
        return f"the site is busy ({status}). Try again later."
    if status >= 500:
        return f"the site has a fault of its own ({status}). Try again later."
    return f"the site answers with status {status}. Check the address, or save the page: {_BROWSER}"


def _reason(error: httpx.HTTPError) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
