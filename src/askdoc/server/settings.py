"""Everything about the server that can be set, in one place, with safe defaults."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from limits import parse
from starlette.requests import HTTPConnection

from askdoc.caveats.regions import checked_region
from askdoc.errors import SettingError, needs_extra

_SHORTEST_SECRET = 24
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+/(?:[\w.~%/-]*/)?")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server is open to the world. Each field is read from the variable named after it.

    Attributes:
        embed_origins: ASKDOC_EMBED_ORIGINS, origins whose pages may frame `/embed/`, separated
            by spaces or commas. None by default.
        cors_origins: ASKDOC_CORS_ORIGINS, origins whose scripts may call the API. None by default.
        allowed_hosts: ASKDOC_ALLOWED_HOSTS, host names the server answers to; `*` for any. By
            default this machine's own when it listens on this machine alone, else any.
        rate: ASKDOC_RATE, questions one address may ask, as `limits` writes it.
        redis: ASKDOC_REDIS, such as redis://HOST:6379, where replicas count questions together.
        max_body: ASKDOC_MAX_BODY, bytes a request may carry.
        at_once: ASKDOC_AT_ONCE, questions worked on at the same time; by default one more than
            there are cores, since each takes one and now and then waits for the others.
        max_waiting: ASKDOC_MAX_WAITING, questions of the API that are worked on or wait; more get
            503, but for emergencies.
        connections: ASKDOC_CONNECTIONS, connections one address may hold; more get 503.
        forwarded_allow_ips: ASKDOC_FORWARDED_ALLOW_IPS, proxies whose `X-Forwarded-For` counts.
        ratings: ASKDOC_RATINGS, the file that helpful or not is written to; no buttons without.
        url: ASKDOC_URL, the address under which readers reach the server, for links that leave its
            pages (Markdown, OpenAI's protocol, MCP); by default the one a request came to.
        region: ASKDOC_REGION, the ISO 3166 code of the country whose telephone numbers texts name;
            by default those of the United States, with what to do elsewhere.
        own_articles: ASKDOC_OWN_ARTICLES, `on` or `off`: whether readers may bring articles to
            the page, which are held in memory for them alone. By default on where the server
            answers to this machine's own names alone.
        hook_secret: ASKDOC_HOOK_SECRET, with which a content system signs `/hooks/refresh`. No such
            address without.
        contact: ASKDOC_SECURITY_CONTACT, an address for `/.well-known/security.txt`.
    """

    embed_origins: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ("*",)
    rate: str = "60/minute"
    redis: str = ""
    max_body: int = 65_536
    at_once: int = (os.cpu_count() or 1) + 1
    max_waiting: int = 64
    connections: int = 100
    forwarded_allow_ips: str = "127.0.0.1"
    ratings: str = ""
    url: str = ""
    region: str = ""
    own_articles: bool = False
    hook_secret: str = field(default="", repr=False)
    contact: str = ""

    @classmethod
    def from_environment(
        cls, host: str = "127.0.0.1", environment: Mapping[str, str] = os.environ
    ) -> "Settings":
        """Reads the variables; `host` is what the server listens on.

        Raises:
            SettingError: A variable holds what it cannot hold.
        """
        given = {name: environment.get(f"ASKDOC_{name.upper()}", "") for name in cls.__slots__}
        own = _LOCAL_NAMES if host in _LOOPBACK else ("*",)
        hosts = _words(given["allowed_hosts"]) or own
        return cls(
            embed_origins=_words(given["embed_origins"]),
            cors_origins=_words(given["cors_origins"]),
            allowed_hosts=hosts,
            rate=_rate(given["rate"] or cls().rate),
            redis=_redis(given["redis"]),
            max_body=_count("max_body", given, cls().max_body),
            at_once=_count("at_once", given, cls().at_once),
            max_waiting=_count("max_waiting", given, cls().max_waiting),
            connections=_count("connections", given, cls().connections),
            forwarded_allow_ips=given["forwarded_allow_ips"] or cls().forwarded_allow_ips,
            ratings=_file(given["ratings"]),
            url=_url(given["url"]),
            region=checked_region(environment),
            own_articles=_switch("own_articles", given, set(hosts) <= set(_LOCAL_NAMES)),
            hook_secret=_secret(given["hook_secret"]),
            contact=environment.get("ASKDOC_SECURITY_CONTACT", ""),
        )


def _rate(text: str) -> str:
    try:
        parse(text)
    except ValueError:
        raise SettingError(
            f'ASKDOC_RATE is "{text}", which is no rate. Write it like 60/minute.'
        ) from None
    return text


def _redis(text: str) -> str:
    if not text:
        return ""
    if not re.match(r"rediss?://[^/\s]", text):
        raise SettingError("ASKDOC_REDIS is no address of Redis. Write it like redis://HOST:6379.")
    if find_spec("redis") is None:
        raise SettingError(needs_extra("ASKDOC_REDIS", "milvus"))
    return text


def _file(name: str) -> str:
    if name and (Path(name).is_dir() or not os.access(Path(name).parent, os.W_OK)):
        raise SettingError(
            f'ASKDOC_RATINGS is "{name}", which is no file that can be written. Name one in a '
            f"folder that is there and may be written to."
        )
    return name


def _url(text: str) -> str:
    if text and not re.fullmatch(r"https?://[\w.:\[\]-]+(?:/[\w.~%/-]*)?", text):
        raise SettingError(
            "ASKDOC_URL is no address of a server. Write it like https://ask.example.org."
        )
    return text


def _secret(text: str) -> str:
    if text and len(text) < _SHORTEST_SECRET:
        raise SettingError(
            f"ASKDOC_HOOK_SECRET can be guessed. Give {_SHORTEST_SECRET} characters or more, as "
            "from: openssl rand -base64 32"
        )
    return text


def _switch(name: str, given: Mapping[str, str], default: bool) -> bool:
    text = given[name].strip().lower()
    if text not in {"", "on", "off"}:
        raise SettingError(f'ASKDOC_{name.upper()} is "{given[name]}". Write on or off.')
    return text == "on" if text else default


def _count(name: str, given: Mapping[str, str], default: int) -> int:
    text = given[name] or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise SettingError(
            f'ASKDOC_{name.upper()} is "{text}". Give a whole number from 1 up, such as {default}.'
        )
    return int(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def root_of(request: HTTPConnection, url: str = "") -> str:
    """The server's address with a slash at its end: `url` where it is set, else as it was asked.

    "" where a visitor named a host that could be none.
    """
    root = f"{url.rstrip('/')}/" if url else str(request.base_url)
    return root if _ADDRESS.fullmatch(root) else ""
