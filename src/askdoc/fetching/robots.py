"""What a site lets programs fetch, and how often: its robots.txt (RFC 9309)."""

from dataclasses import dataclass

from protego import Protego

AGENT = "askdoc"
MAX_BYTES = 512_000
_LONGEST_DELAY_S = 30.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site says to askdoc. `parsed` is None where it says nothing."""

    parsed: Protego | None = None
    closed: bool = False

    def allow(self, url: str) -> bool:
        """Whether an address may be fetched."""
        if self.closed:
            return False
        return self.parsed is None or bool(self.parsed.can_fetch(url, AGENT))

    @property
    def delay_s(self) -> float:
        """The seconds that the site wants between two requests."""
        wanted = self.parsed.crawl_delay(AGENT) if self.parsed else None
        return min(float(wanted or 0), _LONGEST_DELAY_S)


def rules_from(status: int, body: bytes) -> Rules:
    """The rules in a response: a site without the file allows all, one that fails allows nothing.

    Example: rules_from(404, b"").allow("https://example.org/") -> True
    """
    if status >= 500 or status == 429:
        return Rules(closed=True)
    if status >= 400:
        return Rules()
    return Rules(Protego.parse(body[:MAX_BYTES].decode("utf-8", "replace")))
