"""Crisis first: which of askdoc's own blocks a question raises, by rules and by a classifier.

Needs no catalogue, model or index. What one article adds is left to `topics`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from askdoc.caveats.blocks import Block, crisis, rank_of
from askdoc.caveats.classifier import Prediction
from askdoc.caveats.patterns import Matches, Rules
from askdoc.caveats.windows import windows
from askdoc.caveats.wordings import worded
from askdoc.i18n import _, language
from askdoc.records import Caveat
from askdoc.text import MAX_CHARACTERS, MAX_RULED, both_ends, scrub

_LEAST_CHARGED = 100
"""Characters that the shortest entry of a history counts as: each is a run of the model."""

_WORDED_MARGIN = -2.0
"""How far below its threshold a window's score may be for words in it to count."""
_CALM_MARGIN = -7.0
"""How far below every threshold the scores of all windows with a certain phrase must be for it to
be told calmly, of the past or of a film: figures in `evals/safety/README.md`."""
_UNREAD_MARGIN = -16.0
"""Below this a window was not read."""

Predictor = Callable[[str], Prediction | None]
"""Predicts the crisis blocks of a question, by the crisis classifier and its embedding model.

None where the model has read much already, and reads no more: rules decide alone.
"""
HELP_LINE = "help_line"
"""The id of the line that stays when a block has gone."""


@dataclass(frozen=True, slots=True, eq=False)
class CrisisMatches:
    """What the crisis rules find in a question: matched once, then asked for blocks and lines.

    Attributes:
        matches: The question, with the earlier message that it may complete.
        alone: The question by itself.
        windows: The windows of a long message with words that some rule knows. In much text words
            of one rule meet by chance: there only an unbroken phrase is certain, and any other
            pattern counts within a window alone.
    """

    matches: Matches
    alone: Matches
    windows: tuple[Matches, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether a rule is certain of an emergency."""
        return self.is_certain_with(None)

    def is_certain_with(self, prediction: Prediction | None) -> bool:
        """The same, unless a long message tells of it calmly, as its reader finds."""
        return any(
            worded(block.caveat, block.wordings, self.matches).severity == "emergency"
            and self._is_ruled(block, prediction)
            for block in crisis().blocks
        )

    def _is_ruled(self, block: Block, prediction: Prediction | None) -> bool:
        """Whether a rule is certain of a block, and a long message does not tell of it calmly."""
        if not self.matches.fires(block.rules, joined=not self.windows):
            return False
        read = self._read_windows(prediction)
        holding = [_is_calm(margin) for window, margin in read if window.fires(block.rules)]
        return not holding or not all(holding)

    def _is_worded(self, block: Block, prediction: Prediction | None, *rules: Rules) -> bool:
        """Whether words of some rules are there, and the classifier does not rule the block out."""
        fired = [each for each in rules if self.matches.fires(each)]
        if not fired or not self.windows:
            return bool(fired) and (
                prediction is None or block.caveat.id not in prediction.ruled_out
            )
        counted = self._windows_on(block.caveat.id, prediction)
        return any(window.fires(each) for each in fired for window in counted)

    def _windows_on(self, id: str, prediction: Prediction | None) -> Sequence[Matches]:
        """The windows in which the classifier does not rule a block out."""
        read = self._read_windows(prediction)
        if not read or id not in read[0][1]:
            return self.windows
        return [window for window, margin in read if margin[id] >= _WORDED_MARGIN]

    def _read_windows(
        self, prediction: Prediction | None
    ) -> Sequence[tuple[Matches, Mapping[str, float]]]:
        """The windows with their margins; none where the message was not read window by window."""
        margins = prediction.margins if prediction else ()
        if len(margins) != len(self.windows):
            return ()
        return tuple(zip(self.windows, margins, strict=True))

    def blocks(
        self, prediction: Prediction | None = None, *, beyond_doubt: bool = False
    ) -> tuple[Caveat, ...]:
        """Which blocks the question raises.

        Args:
            prediction: The classifier's; without it the rules decide alone.
            beyond_doubt: As for `triage`.
        """
        matches = self.matches
        prediction = _calmed(prediction, matches) if prediction else None
        if matches.quiet and not (prediction and prediction.found | prediction.certain):
            return ()
        raised: list[Caveat] = []
        for block in crisis().blocks:
            caveat = worded(block.caveat, block.wordings, matches)
            if self._is_raised_as_worded(block, caveat, prediction):
                raised.append(caveat)
            elif prediction and not self.windows and block.is_about_a_thing(matches):
                continue
            elif self._is_suspected(block, prediction, beyond_doubt):
                raised.append(_suspected(caveat, block.ask))
        raised.sort(key=rank_of, reverse=True)
        return with_lines(raised, self.alone)

    def _is_raised_as_worded(
        self, block: Block, caveat: Caveat, prediction: Prediction | None
    ) -> bool:
        """Whether a block is raised as it is worded, and not one step lower."""
        if self._is_ruled(block, prediction):
            return True
        if caveat.severity == "emergency":
            return False
        return self._is_worded(block, prediction, block.rules, block.weak)

    def _is_suspected(
        self, block: Block, prediction: Prediction | None, beyond_doubt: bool
    ) -> bool:
        id = block.caveat.id
        if prediction is None:
            return self._is_worded(block, None, block.rules, block.weak, block.unsure)
        if beyond_doubt:
            by_both = id in prediction.found and self._is_worded(block, prediction, block.rules)
            return id in prediction.certain or by_both
        unsure = self._is_worded(block, prediction if self.windows else None, block.unsure)
        if id in prediction.found or unsure:
            return True
        return self._is_worded(block, prediction, block.rules, block.weak)

    def line_on_words(
        self, prediction: Prediction | None, *, beyond_doubt: bool = False
    ) -> Caveat | None:
        """The short line of blocks that rules alone raise, and with the prediction do not."""
        now = {caveat.id for caveat in self.blocks(prediction, beyond_doubt=beyond_doubt)}
        by_words = [caveat for caveat in self.blocks() if caveat.id not in now]
        if prediction and beyond_doubt:
            ruled = {b.caveat.id for b in crisis().blocks if self._is_ruled(b, None)}
            by_words = [caveat for caveat in by_words if caveat.id in prediction.found | ruled]
        return self.short_line(by_words) if by_words else None

    def short_line(self, raised: Sequence[Caveat]) -> Caveat:
        """The short line of the severest of some blocks that the question likely does not mean."""
        why = _("Because of words in your question:")
        return _short_line([(caveat, self.matches) for caveat in raised], why)


def match_crisis(question: str, history: Sequence[str] = ()) -> CrisisMatches:
    """Matches the crisis rules to a question, as far as rules read any text.

    Args:
        question: Anything a person typed.
        history: Their earlier questions, oldest first. The last one completes a message sent
            in two halves ("my friend took a lot" · "he wont wake up"), unless it was an
            emergency by itself and so was answered.
    """
    match, whole = crisis().matcher.match, both_ends(question, MAX_RULED)
    alone = match(whole)
    completed = history[-1] if history and not is_certain(history[-1]) else ""
    before = both_ends(completed, MAX_RULED)
    parts = () if alone.quiet else windows(scrub(whole))
    return CrisisMatches(
        match(whole, before) if before else alone, alone, tuple(match(part) for part in parts)
    )


def triage(
    question: str,
    history: Sequence[str] = (),
    predictor: Predictor | None = None,
    *,
    beyond_doubt: bool = False,
) -> tuple[Caveat, ...]:
    """Which crisis blocks a question raises.

    An emergency's block has its full severity, so that it replaces the answer, only where a rule
    is certain. What is suspected otherwise is one step lower, and the article may answer below it.

    Args:
        question: Anything a person typed.
        history: As for `match_crisis`.
        predictor: The classifier's; without it the rules decide alone.
        beyond_doubt: What no rule is certain of counts only where the prediction is certain: for
            articles that nobody reviewed, whatever their subject.

    Returns:
        Blocks, severest first; each at most once.
    """
    prediction = predictor(question) if predictor else None
    return match_crisis(question, history).blocks(prediction, beyond_doubt=beyond_doubt)


def _calmed(prediction: Prediction, matches: Matches) -> Prediction:
    """A prediction without the blocks that the question is calm about."""
    calm = {block.caveat.id for block in crisis().blocks if matches.fires(block.calm)}
    return replace(prediction, found=prediction.found - calm, certain=prediction.certain - calm)


def _is_calm(margins: Mapping[str, float]) -> bool:
    """Whether a window was read, and is on no block by far."""
    return all(_UNREAD_MARGIN <= margin < _CALM_MARGIN for margin in margins.values())


def with_lines(caveats: Sequence[Caveat], matches: Matches) -> tuple[Caveat, ...]:
    """Caveats, the urgent ones with the lines that the question calls for, each once."""
    known = crisis().lines
    read = [line.text for line in known if line.language == language()]
    written = [line.text for line in known if matches.fires(line.when)]
    return tuple(_with_lines(caveat, read, written) for caveat in caveats)


def _with_lines(caveat: Caveat, read: Sequence[str], written: Sequence[str]) -> Caveat:
    """A caveat with lines in the language that its matcher reads, after whom to call, or writes."""
    if caveat.severity not in ("urgent", "emergency"):
        return caveat
    first, *further = caveat.text.split("\n")
    lines = dict.fromkeys([first, *read, *further, *written])
    return replace(caveat, text="\n".join(lines))


def is_certain(question: str, history: Sequence[str] = ()) -> bool:
    """Whether an emergency is raised whatever a model would say."""
    return match_crisis(question, history).is_certain


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
    predictor: Predictor | None = None,
    *,
    beyond_doubt: bool = False,
) -> Caveat | None:
    """The short line over replies once a conversation has raised a block, and why it is there.

    Args:
        history: Earlier questions of this conversation, oldest first, without the present one.
        question: The present one: words in it that rules alone would take for a crisis bring the
            line too, even if the classifier rules it out.
        predictor: As for `triage`.
        beyond_doubt: As for `triage`; such words then bring the line where the classifier agrees.

    Returns:
        The line of the severest block so far, the latest of equals, or None.
    """
    earlier = earlier_line(history, question, predictor, beyond_doubt=beyond_doubt)
    if earlier or predictor is None:
        return earlier
    matches = match_crisis(question, history)
    return matches.line_on_words(predictor(question), beyond_doubt=beyond_doubt)


def earlier_line(
    history: Sequence[str],
    question: str,
    predictor: Predictor | None,
    *,
    beyond_doubt: bool = False,
) -> Caveat | None:
    """The line of `help_line` for what was asked before, if it raised a block."""
    predictors = _predictors(history, question, predictor)
    earlier: list[tuple[Caveat, Matches]] = []
    for place, asked in enumerate(history):
        found, predict = match_crisis(asked, history[:place]), predictors[place]
        blocks = found.blocks(predict(asked) if predict else None, beyond_doubt=beyond_doubt)
        earlier += [(caveat, found.matches) for caveat in blocks]
    return _short_line(earlier, _("Because of what you wrote earlier:")) if earlier else None


def _short_line(raised: Sequence[tuple[Caveat, Matches]], why: str) -> Caveat:
    """The short line of the severest block, the latest of equals, for what was asked then."""
    worst, matches = max(reversed(raised), key=lambda each: rank_of(each[0]))
    short = {b.caveat.id: b.short_for(matches) for b in crisis().blocks}[worst.id]
    return Caveat(HELP_LINE, "topic", "info", f"{why} {short}", worst.sources)


def _predictors(
    history: Sequence[str], question: str, predictor: Predictor | None
) -> list[Predictor | None]:
    """The predictor of each entry: of the last ones, as many as one question's length holds.

    Those before them were classified when they were asked; rules read them all.
    """
    left = MAX_CHARACTERS - len(question)
    predictors: list[Predictor | None] = []
    for earlier in reversed(history):
        left -= max(len(earlier), _LEAST_CHARGED)
        predictors.append(predictor if left >= 0 else None)
    return predictors[::-1]
