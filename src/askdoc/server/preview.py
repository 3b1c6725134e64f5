"""What other programs show of a link to the chat: the title and the subject of its article."""

from collections.abc import Callable
from html import escape
from typing import TypeAlias
from urllib.parse import parse_qs

from askdoc.chat.pieces import PROMISE, TITLE
from askdoc.i18n import _
from askdoc.server.service import Service

Preview: TypeAlias = Callable[[str], str]
"""From the query of an address to the elements that a page's head has for its links."""


def preview_of(service: Service) -> Preview:
    """What is shown of the chat of a service; of one article where the address names one."""

    def preview(query: str) -> str:
        title, description = _title_and_description(service, query)
        elements = {
            'property="og:type"': "website",
            'property="og:site_name"': _(TITLE),
            'property="og:title"': title,
            'property="og:description"': description,
            'name="description"': description,
            'name="twitter:card"': "summary",
        }
        return "".join(
            f'<meta {name} content="{escape(" ".join(text.split()))}">'
            for name, text in elements.items()
        )

    return preview


def _title_and_description(service: Service, query: str) -> tuple[str, str]:
    about = service.about()
    if about is None:
        return _(TITLE), _(PROMISE)
    document = about.documents.get(parse_qs(query).get("document", [""])[0])
    if document is None and len(about.documents) == 1:
        document = next(iter(about.documents.values()))
    if document is None:
        subject = _("any of {count} articles", count=len(about.documents))
    else:
        subject = f"“{document.title}”"
    description = f"{_('Ask about {articles}.', articles=subject)} {_(PROMISE)}"
    return document.title if document else _(TITLE), description
