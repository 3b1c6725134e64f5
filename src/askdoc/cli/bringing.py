"""The verbs that bring articles in and keep them fresh: add, refresh and new."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askdoc.cli.app import CORPUS, INDEX, IndexFolder, Model, Store, app
from askdoc.cli.indexing import index_paths
from askdoc.cli.printing import count, note, progress, say, warn
from askdoc.errors import AskdocError

if TYPE_CHECKING:
    from askdoc.fetching import Fetcher
    from askdoc.importing import Change

_SHOWN = 5
Corpus = Annotated[Path, typer.Option("--corpus", help="The folder of all articles.")]
Delay = Annotated[
    float, typer.Option(min=0, max=60, help="Seconds between two requests to one site.")
]
AllowPrivate = Annotated[
    bool,
    typer.Option("--allow-private", help="Also fetch from this machine and from private networks."),
]
NoIndex = Annotated[bool, typer.Option("--no-index", help="Leave the index as it is.")]


What = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="URL|FILE|-",
        help="Web pages, PDF addresses or files; - reads an article from standard input.",
        show_default=False,
    ),
]
Sitemap = Annotated[str | None, typer.Option(metavar="URL", help="Add every page a sitemap lists.")]
Feed = Annotated[
    str | None, typer.Option(metavar="URL", help="Add every page an RSS or Atom feed lists.")
]
Name = Annotated[str, typer.Option(help="What the article, or the list, is called.")]
Only = Annotated[
    str, typer.Option(metavar="PATTERN", help="Of a list, pages whose path fits: '/guides/*'.")
]
Most = Annotated[int, typer.Option("--max", min=1, help="Of a list, so many pages at most.")]
Names = Annotated[
    list[str] | None,
    typer.Argument(help="Articles or lists to fetch again; by default all.", show_default=False),
]
Accept = Annotated[
    bool,
    typer.Option(
        "--accept",
        help="Take what would be held back: a far shorter text, another text, one that "
        "overwrites an edit by hand, and that most articles are gone.",
    ),
]
Diff = Annotated[bool, typer.Option("--diff", help="Show each paragraph that came or went.")]


@app.command()
def add(
    what: What = None,
    sitemap: Sitemap = None,
    feed: Feed = None,
    name: Name = "",
    only: Only = "",
    most: Most = 200,
    corpus: Corpus = CORPUS[0],
    folder: IndexFolder = INDEX,
    no_index: NoIndex = False,
    delay: Delay = 1.0,
    allow_private: AllowPrivate = False,
    store: Store = None,
    model: Model = None,
) -> None:
    """Bring articles in: web pages, files, sitemaps, feeds.

    Each gets a folder of its own in the corpus, beside which a caveats.toml may stand, and is
    indexed. A site's robots.txt is heeded.

    Try:

      askdoc add https://example.org/green-tea.html

      askdoc add leaflet.pdf --name leaflet

      askdoc add --sitemap https://example.org/sitemap.xml --only '/guides/*'

      askdoc add --feed https://example.org/feed.xml
    """
    from askdoc.importing.lists import add_list

    _check_asked(what or [], sitemap, feed, name)
    fetcher = _fetcher(allow_private, delay)
    changes: list[Change] = []
    for address, kind in ((sitemap, "sitemap"), (feed, "feed")):
        if address:
            with progress("Pages") as advance:
                changes += add_list(
                    address,
                    corpus,
                    kind=kind,
                    name=name,
                    only=only,
                    most=most,
                    fetcher=fetcher,
                    on_progress=advance,
                )
    changes += [_added(one, corpus, name, fetcher) for one in what or []]
    _finish(changes, None if no_index else partial(index_paths, [corpus], folder, store, model))


def _check_asked(what: list[str], sitemap: str | None, feed: str | None, name: str) -> None:
    wanted = len(what) + bool(sitemap) + bool(feed)
    if not wanted:
        raise typer.BadParameter("name a web address, a file, or a list: --sitemap URL")
    if "" in what:
        raise typer.BadParameter("an address is empty; name a web address or a file")
    if name and wanted > 1:
        raise typer.BadParameter("--name goes with one article; add them one by one")


def _added(what: str, corpus: Path, name: str, fetcher: Callable[[], "Fetcher"]) -> "Change":
    from askdoc.importing import Change, add, add_bytes

    try:
        if what == "-":
            return add_bytes(sys.stdin.buffer.read(), corpus, name=name)
        return add(what, corpus, name=name, fetcher=fetcher)
    except AskdocError as error:
        return Change(what, "failed", str(error))


@app.command()
def refresh(
    names: Names = None,
    accept: Accept = False,
    diff: Diff = False,
    corpus: Corpus = CORPUS[0],
    folder: IndexFolder = INDEX,
    no_index: NoIndex = False,
    delay: Delay = 1.0,
    allow_private: AllowPrivate = False,
    store: Store = None,
    model: Model = None,
) -> None:
    """Fetch again what has changed, and tell what is new or gone.

    A version that cannot be read leaves the older one in place. Notes that have lost their sentence
    are named, and make the exit status 1. What is gone is moved to .gone in the corpus.

    Try:

      askdoc refresh

      askdoc refresh green-tea --diff
    """
    from askdoc.importing.renewing import renew

    fetcher = _fetcher(allow_private, delay)
    with progress("Sources") as advance:
        changes = renew(corpus, names or (), accept=accept, fetcher=fetcher, on_progress=advance)
    index = None if no_index else partial(index_paths, [corpus], folder, store, model)
    _finish(changes, index, diff=diff)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The article's folder below the corpus.")],
    title: Annotated[str, typer.Option(help="Its title; by default made of the name.")] = "",
    corpus: Corpus = CORPUS[0],
) -> None:
    """Begin an article, with a catalogue that explains itself.

    Where an article is there already, as after askdoc add, it writes what the folder lacks.

    Try:

      askdoc new green-tea --title "Green tea"

      askdoc check corpus/green-tea
    """
    from askdoc.importing import new_article

    for file in new_article(name, corpus, title=title):
        say(f"written: {file}")
    note(f"Edit it, then run: askdoc check {corpus / name}")


def _fetcher(allow_private: bool, delay: float) -> Callable[[], "Fetcher"]:
    from askdoc.fetching import Fetcher

    return partial(Fetcher, allow_private=allow_private, delay_s=delay)


def _finish(
    changes: Iterable["Change"], index: Callable[[], None] | None, *, diff: bool = False
) -> None:
    """Tells what became of each article, indexes what is new; status 1 if a person is needed."""
    told = list(changes)
    for change in told:
        _tell(change, diff)
    unchanged = sum(change.what == "unchanged" for change in told)
    if unchanged:
        say(f"{count(unchanged, 'article')} unchanged.")
    if index and any(change.what in {"new", "changed", "gone"} for change in told):
        index()
    if any(change.needs_a_person for change in told):
        raise typer.Exit(1)


def _tell(change: "Change", diff: bool) -> None:
    from askdoc.rendering.text import plain

    if change.what == "failed":
        warn(AskdocError(plain(change.detail)))
    elif change.what == "kept":
        warn(AskdocError(plain(f"{change.name}: {change.detail}")))
    elif change.what != "unchanged":
        say(plain(f"{change.what}: {change.name}: {change.detail}"))
    for claim in change.lost:
        note(plain(f"NOTE LOST: {claim}"))
    shown = None if diff else _SHOWN if change.lost else 0
    for mark, paragraphs in (("+", change.added), ("-", change.removed)):
        for paragraph in paragraphs[:shown]:
            say(plain(f"  {mark} {paragraph}"))
