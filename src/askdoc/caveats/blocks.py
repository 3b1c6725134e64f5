"""Askdoc's own crisis blocks: `crisis.toml`, parsed and made ready to use.

Owns what counts as an emergency for any article, and the fixed words said then. Which blocks a
question raises is decided in `triage`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

from askdoc.caveats.matcher import Matcher
from askdoc.caveats.patterns import Matches, Rules, parse_rules
from askdoc.caveats.regions import region, regional
from askdoc.caveats.schema import (
    BannerTable,
    BlockTable,
    BlockWordingTable,
    CrisisFile,
    SourceTable,
    read_table,
)
from askdoc.caveats.wordings import Wording, fill_in, parse_wordings, pick_sources
from askdoc.records import SEVERITIES, Caveat
from askdoc.resources import loaded


@dataclass(frozen=True, slots=True)
class Block:
    """One fixed crisis message.

    Attributes:
        caveat: The message itself.
        wordings: Its other words, for some who bring it up.
        short: The line kept under later replies of the same conversation.
        rules: When it is raised.
        weak: Wordings that as often mean something else. They raise it one step lower unless
            the classifier rules it out.
        unsure: Wordings that may mean it. They raise the block one step lower, with a question
            after it, so that the article may still answer below. So does a
            classifier that finds it.
        calm: Wordings of questions for which the classifier alone does not raise it.
        things: Words for what is no person. Where there is one of these and none of `persons`,
            only a rule that is certain raises it.
        persons: Words for somebody whom it may happen to.
        ask: That question.
    """

    caveat: Caveat
    wordings: tuple[Wording, ...]
    short: str
    rules: Rules
    weak: Rules
    unsure: Rules
    calm: Rules
    things: Rules
    persons: Rules
    ask: str

    def is_about_a_thing(self, matches: Matches) -> bool:
        """Whether a question names what is no person, and nobody."""
        return matches.fires(self.things) and not matches.fires(self.persons)

    def short_for(self, matches: Matches) -> str:
        """The short line after a question."""
        fitting = (wording.short for wording in self.wordings if matches.fires(wording.rules))
        return next(fitting, self.short)


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """A line under urgent texts for those who write in a language, or read it."""

    when: Rules
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Crisis:
    """All of `crisis.toml`, ready to use; severest blocks first."""

    file: CrisisFile
    banner: Caveat
    blocks: tuple[Block, ...]
    lines: tuple[LanguageLine, ...]
    matcher: Matcher


def crisis() -> Crisis:
    """Askdoc's own blocks, for the country that ASKDOC_REGION names."""
    return loaded(_crisis_in, region())


def _crisis_in(country: str) -> Crisis:
    text = files("askdoc").joinpath("crisis.toml").read_text(encoding="utf-8")
    written = read_table(text, "crisis.toml", CrisisFile)
    file = regional(written, country, written.abroad, written.countries)
    blocks = tuple(sorted((_block(b, file) for b in file.blocks), key=lambda b: -rank_of(b.caveat)))
    lines = tuple(
        LanguageLine(
            parse_rules(table.when), table.language, fill_in(table.text, file.numbers, "a line")
        )
        for table in file.lines
    )
    own = [
        each for b in blocks for each in (b.rules, b.weak, b.unsure, b.calm, b.things, b.persons)
    ]
    rules = [*own, *(wording.rules for block in blocks for wording in block.wordings)]
    matcher = Matcher(file.groups, [*rules, *(line.when for line in lines)])
    banner = banner_caveat(file.banner, file.sources, file.numbers)
    return Crisis(file, banner, blocks, lines, matcher)


def _block(table: BlockTable, file: CrisisFile) -> Block:
    never = (*file.never, *table.never)
    fires = (*table.fires, *(line for wording in table.wordings for line in wording.fires))
    caveat = Caveat(
        table.id,
        "topic",
        table.severity,
        fill_in(table.text, file.numbers, table.id),
        pick_sources(table.sources, file.sources, table.id),
    )
    return Block(
        caveat,
        _wordings(table, caveat, never, file),
        fill_in(table.short, file.numbers, table.id),
        parse_rules(fires, never),
        parse_rules(table.weak, never),
        parse_rules(table.unsure, never),
        parse_rules(table.calm, table.not_calm),
        parse_rules(table.things),
        parse_rules(table.persons),
        fill_in(table.ask, file.numbers, table.id),
    )


def _wordings(
    table: BlockTable, caveat: Caveat, never: tuple[str, ...], file: CrisisFile
) -> tuple[Wording, ...]:
    """The wordings of a block; what raises it hides the same words for the wording, too."""
    complete = [_with_fires(each, never) for each in table.wordings]
    parsed = parse_wordings(complete, caveat, file.sources, file.numbers)
    return tuple(
        replace(wording, short=fill_in(each.short or table.short, file.numbers, table.id))
        for wording, each in zip(parsed, table.wordings, strict=True)
    )


def _with_fires(table: BlockWordingTable, never: tuple[str, ...]) -> BlockWordingTable:
    if not table.fires:
        return table
    patterns = {"when": (*table.when, *table.fires), "never": (*table.never, *never)}
    return table.model_copy(update=patterns)


def rank_of(caveat: Caveat) -> int:
    """How severe a caveat is."""
    return SEVERITIES.index(caveat.severity)


def banner_caveat(
    table: BannerTable, sources: Mapping[str, SourceTable], numbers: Mapping[str, str]
) -> Caveat:
    """The caveat that stands over a conversation."""
    return Caveat(
        table.id,
        "banner",
        table.severity,
        fill_in(table.text, numbers, table.id),
        pick_sources(table.sources, sources, table.id),
    )
