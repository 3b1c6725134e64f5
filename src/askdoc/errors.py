"""The errors askdoc raises on purpose: a family, a subject, and a way out in every message."""


class AskdocError(Exception):
    """Anything askdoc can explain. The message names the thing and says what to do next."""


def needs_extra(what: str, extra: str) -> str:
    """The message of an error where the libraries of an extra are not installed."""
    install = f"pip install -c constraints.txt -e '.[{extra}]'"
    return f"{what} needs the extra {extra}. Install it: {install}"


class DocumentError(AskdocError):
    """A file that cannot be read as an article."""


class PartlyReadError(DocumentError):
    """A file of which a part was read and a part could not be; it is told, and never raised."""


class ArticlesGoneError(DocumentError):
    """All articles of an index were taken away, and their folders are still there."""


class FetchError(AskdocError):
    """An address that cannot be fetched, or must not be."""


class ImportingError(AskdocError):
    """An article that cannot be brought into the corpus, or a source that is not there."""


class CatalogueError(AskdocError):
    """A `caveats.toml` that does not parse or breaks its own rules."""


class EmbedderError(AskdocError):
    """A model that cannot be loaded or is not the one it should be."""


class ReaderError(AskdocError):
    """A reader that cannot be loaded, or a setting for it that makes no sense."""


class IndexMissingError(AskdocError):
    """No index where one was asked for."""


class IndexMismatchError(AskdocError):
    """An index made by other means than those asked for: model, format, documents."""


class IndexStaleError(IndexMismatchError):
    """An index whose files have changed since it was built from `roots`."""

    def __init__(self, reason: str, roots: tuple[str, ...], way_out: str) -> None:
        """Joins the reason with the way out; `reason` alone is for those who go that way."""
        super().__init__(f"{reason} {way_out}")
        self.reason = reason
        self.roots = roots


class IndexDamagedError(AskdocError):
    """An index whose files are truncated, altered or foreign."""


class IndexFolderError(AskdocError):
    """A folder that an index cannot be written to."""


class QuestionError(AskdocError):
    """A question that cannot be taken: empty, too long, or not text."""


class SettingError(AskdocError):
    """A setting, mostly an environment variable, that makes no sense."""


class FeedbackError(AskdocError):
    """A file of ratings that is not named or cannot be read."""


class EvaluationError(AskdocError):
    """A collection, run or judgment file that cannot be used."""


class StoreError(AskdocError):
    """A store that refuses what is asked of it, or whose address makes no sense."""


class StoreAwayError(StoreError):
    """A store that does not answer."""
