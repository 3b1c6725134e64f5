"""Crisis first: which of askdoc's own blocks a question raises, by rules and by its meaning.

Needs no catalogue, model or index. What one article adds is left to `topics`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from askdoc.caveats.blocks import Block, crisis, rank_of
from askdoc.caveats.patterns import Reading, Rules
from askdoc.caveats.recogniser import Judgement
from askdoc.caveats.windows import windows
from askdoc.caveats.wordings import worded
from askdoc.i18n import _, language
from askdoc.records import Caveat
from askdoc.text import MAX_CHARACTERS, MAX_RULED, both_ends, scrub

_LEAST_CHARGED = 100
"""Characters that the shortest entry of a history counts as: each is a run of the model."""

_WORDED_MARGIN = -2.0
"""How far below its threshold a window's score may be for words in it to count."""

Judge = Callable[[str], Judgement | None]
"""What a question's meaning says, by the crisis recogniser and the model it was fitted to.

None where the model reads nothing of it, since it has read much already: rules decide alone.
"""
HELP_LINE = "help_line"
"""The id of the line that stays when a block has gone."""


@dataclass(frozen=True, slots=True, eq=False)
class CrisisReading:
    """What the crisis rules find in a question: read once, then asked for blocks and lines.

    Attributes:
        reading: The question, with the earlier message that it may complete.
        alone: The question by itself.
        windows: The windows of a long message with words that some rule knows. In much text words
            of one rule meet by chance: only a phrase in one piece is certain there, and any
            other counts within a window alone.
    """

    reading: Reading
    alone: Reading
    windows: tuple[Reading, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether an emergency is raised whatever a model would say."""
        return any(
            worded(block.caveat, block.wordings, self.reading).severity == "emergency"
            and self._is_ruled(block)
            for block in crisis().blocks
        )

    def _is_ruled(self, block: Block) -> bool:
        """Whether a rule is certain of a block."""
        return self.reading.fires(block.rules, joined=not self.windows)

    def _is_worded(self, block: Block, judged: Judgement | None, *rules: Rules) -> bool:
        """Whether words of some rules are there, and meaning does not speak against them."""
        fired = [each for each in rules if self.reading.fires(each)]
        if not fired or not self.windows:
            return bool(fired) and (judged is None or block.caveat.id not in judged.ruled_out)
        heard = self._windows_on(block.caveat.id, judged)
        return any(window.fires(each) for each in fired for window in heard)

    def _windows_on(self, id: str, judged: Judgement | None) -> Sequence[Reading]:
        """The windows whose meaning does not speak against a block."""
        margins = judged.margins if judged else ()
        if len(margins) != len(self.windows) or id not in margins[0]:
            return self.windows
        read = zip(self.windows, margins, strict=True)
        return [window for window, margin in read if margin[id] >= _WORDED_MARGIN]

    def blocks(
        self, judged: Judgement | None = None, *, beyond_doubt: bool = False
    ) -> tuple[Caveat, ...]:
        """Which blocks the question raises.

        Args:
            judged: What its meaning says; without it the rules decide alone.
            beyond_doubt: As for `triage`.
        """
        reading = self.reading
        judged = _calmed(judged, reading) if judged else None
        if reading.quiet and not (judged and judged.found | judged.certain):
            return ()
        raised: list[Caveat] = []
        for block in crisis().blocks:
            caveat = worded(block.caveat, block.wordings, reading)
            if self._is_raised_as_worded(block, caveat, judged):
                raised.append(caveat)
            elif judged and not self.windows and block.is_about_a_thing(reading):
                continue
            elif self._is_suspected(block, judged, beyond_doubt):
                raised.append(_suspected(caveat, block.ask))
        raised.sort(key=rank_of, reverse=True)
        return with_lines(raised, self.alone)

    def _is_raised_as_worded(self, block: Block, caveat: Caveat, judged: Judgement | None) -> bool:
        """Whether a block is raised as it is worded, and not one step lower."""
        if self._is_ruled(block):
            return True
        if caveat.severity == "emergency":
            return False
        return self._is_worded(block, judged, block.rules, block.weak)

    def _is_suspected(self, block: Block, judged: Judgement | None, beyond_doubt: bool) -> bool:
        id = block.caveat.id
        if judged is None:
            return self._is_worded(block, None, block.rules, block.weak, block.unsure)
        if beyond_doubt:
            by_both = id in judged.found and self._is_worded(block, judged, block.rules)
            return id in judged.certain or by_both
        unsure = self._is_worded(block, judged if self.windows else None, block.unsure)
        if id in judged.found or unsure:
            return True
        return self._is_worded(block, judged, block.rules, block.weak)

    def line_on_words(
        self, judged: Judgement | None, *, beyond_doubt: bool = False
    ) -> Caveat | None:
        """The short line where rules alone would take words for a crisis, and meaning does not."""
        now = {caveat.id for caveat in self.blocks(judged, beyond_doubt=beyond_doubt)}
        by_words = [caveat for caveat in self.blocks() if caveat.id not in now]
        if judged and beyond_doubt:
            by_words = [caveat for caveat in by_words if caveat.id in judged.found]
        return short_line(by_words) if by_words else None


def read_crisis(question: str, history: Sequence[str] = ()) -> CrisisReading:
    """Reads a question, and as much of it as rules read of any text.

    Args:
        question: Anything a person typed.
        history: Their earlier questions, oldest first. The last one completes a message sent
            in two halves ("my friend took a lot" · "he wont wake up"), unless it was an
            emergency by itself and so was answered.
    """
    read, whole = crisis().reader.read, both_ends(question, MAX_RULED)
    alone = read(whole)
    completed = history[-1] if history and not is_certain(history[-1]) else ""
    before = both_ends(completed, MAX_RULED)
    parts = () if alone.quiet else windows(scrub(whole))
    return CrisisReading(
        read(whole, before) if before else alone, alone, tuple(read(part) for part in parts)
    )


def triage(
    question: str,
    history: Sequence[str] = (),
    judge: Judge | None = None,
    *,
    beyond_doubt: bool = False,
) -> tuple[Caveat, ...]:
    """Which crisis blocks a question raises.

    An emergency's block has its full severity, so that it replaces the answer, only where a rule
    is certain. What is suspected otherwise is one step lower, and the article may answer below it.

    Args:
        question: Anything a person typed.
        history: As for `read_crisis`.
        judge: Judges by meaning; without it the rules decide alone.
        beyond_doubt: What no rule is certain of counts only where its meaning is beyond doubt:
            for articles that nobody reviewed, on whatever they are.

    Returns:
        Blocks, severest first; each at most once.
    """
    judged = judge(question) if judge else None
    return read_crisis(question, history).blocks(judged, beyond_doubt=beyond_doubt)


def _calmed(judged: Judgement, reading: Reading) -> Judgement:
    """What meaning says, but for blocks that the question is calm about."""
    calm = {block.caveat.id for block in crisis().blocks if reading.fires(block.calm)}
    return replace(judged, found=judged.found - calm, certain=judged.certain - calm)


def with_lines(caveats: Sequence[Caveat], reading: Reading) -> tuple[Caveat, ...]:
    """Caveats, the urgent ones with the lines that the question calls for, each once."""
    known = crisis().lines
    read = [line.text for line in known if line.language == language()]
    written = [line.text for line in known if reading.fires(line.when)]
    return tuple(_with_lines(caveat, read, written) for caveat in caveats)


def _with_lines(caveat: Caveat, read: Sequence[str], written: Sequence[str]) -> Caveat:
    """A caveat with lines in the language that its reader reads, after whom to call, or writes."""
    if caveat.severity not in ("urgent", "emergency"):
        return caveat
    first, *further = caveat.text.split("\n")
    lines = dict.fromkeys([first, *read, *further, *written])
    return replace(caveat, text="\n".join(lines))


def is_certain(question: str, history: Sequence[str] = ()) -> bool:
    """Whether an emergency is raised whatever a model would say."""
    return read_crisis(question, history).is_certain


def _suspected(caveat: Caveat, ask: str) -> Caveat:
    """A caveat one step lower, with a question after it."""
    severity = "urgent" if caveat.severity == "emergency" else caveat.severity
    return replace(caveat, severity=severity, text=f"{caveat.text}\n{ask}".rstrip())


def emergencies(caveats: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """The caveats that are shown where one of some is an emergency: the emergencies alone.

    Beside one that is certain a less certain one stands too, after it: who has taken too much may
    have meant to.
    """
    grave = {b.caveat.id for b in crisis().blocks if b.caveat.severity == "emergency"}
    standing = (c for c in caveats if c.severity == "emergency" or c.id in grave)
    return tuple(replace(caveat, severity="emergency") for caveat in standing)


def help_line(
    history: Sequence[str],
    question: str = "",
    judge: Judge | None = None,
    *,
    beyond_doubt: bool = False,
) -> Caveat | None:
    """The short line over replies once a conversation has raised a block, and why it is there.

    Args:
        history: Earlier questions of this conversation, oldest first, without the present one.
        question: The present one: words in it that rules alone would take for a crisis bring the
            line too, even if its meaning speaks against it.
        judge: As for `triage`.
        beyond_doubt: As for `triage`; such words then bring the line where meaning agrees.

    Returns:
        The line of the severest block so far, the latest of equals, or None.
    """
    earlier = earlier_line(history, question, judge, beyond_doubt=beyond_doubt)
    if earlier or judge is None:
        return earlier
    read = read_crisis(question, history)
    return read.line_on_words(judge(question), beyond_doubt=beyond_doubt)


def earlier_line(
    history: Sequence[str], question: str, judge: Judge | None, *, beyond_doubt: bool = False
) -> Caveat | None:
    """The line of `help_line` for what was asked before, if it raised a block."""
    judges = _judges(history, question, judge)
    earlier = [
        caveat
        for place, asked in enumerate(history)
        for caveat in triage(asked, history[:place], judges[place], beyond_doubt=beyond_doubt)
    ]
    return _short_line(earlier, _("Because of what you wrote earlier:")) if earlier else None


def short_line(raised: Sequence[Caveat]) -> Caveat:
    """The short line of the severest of some blocks that a question likely does not mean."""
    return _short_line(raised, _("Because of words in your question:"))


def _short_line(raised: Sequence[Caveat], why: str) -> Caveat:
    worst = max(reversed(raised), key=rank_of)
    short = {block.caveat.id: block.short for block in crisis().blocks}[worst.id]
    return Caveat(HELP_LINE, "topic", "info", f"{why} {short}", worst.sources)


def _judges(history: Sequence[str], question: str, judge: Judge | None) -> list[Judge | None]:
    """Who judges each entry by its meaning: the last ones, as many as one question's length holds.

    Those before them were judged when they were asked; rules read them all.
    """
    left = MAX_CHARACTERS - len(question)
    judges: list[Judge | None] = []
    for earlier in reversed(history):
        left -= max(len(earlier), _LEAST_CHARGED)
        judges.append(judge if left >= 0 else None)
    return judges[::-1]
