"""Fetches pages from the web, politely and without being led astray.

This room owns every request that askdoc makes: which addresses may be reached, redirects, limits on
size and time, robots.txt, the rate, conditional requests, and the lists of pages that sites publish
(sitemaps and feeds). What becomes of a page is left to `importing`.
"""

from askdoc.fetching.addresses import check_address, is_public
from askdoc.fetching.client import Fetched, Fetcher, Limits, Validators
from askdoc.fetching.lists import Entry, PageList, read_list

__all__ = [
    "Entry",
    "Fetched",
    "Fetcher",
    "Limits",
    "PageList",
    "Validators",
    "check_address",
    "is_public",
    "read_list",
]
