"""The judge: a document and the facts about its operator in, an assessment out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone

from attrs import frozen

from classifiers import explain, model, policy, voice
from classifiers.cascade import Cascade
from classifiers.model import Opinion
from classifiers.policy import Policy
from classifiers.quotes import quote_span
from classifiers.reading import Claim, Reader, Sentence
from classifiers.rulebook import Rulebook
from classifiers.scan import Piece
from classifiers.voice import Voice, VoiceModel, Within
from domain.errors import ConfigError
from domain.findings import Assessment, Fact, Finding, Verdict
from domain.ids import derive_id
from domain.pages import Block, Document
from domain.pictures import PicturePlace
from language import disguises
from language.normalise import Normalised, compact
from language.segments import Segment, segment_key, segments

_CHINA = timezone(timedelta(hours=8))


@frozen(kw_only=True)
class Page:
    """What is judged: a document, or a text that stands alone (`id` and `names` empty).

    `boilerplate` are the spans of menus and footers; `names` are the title and the operator's
    names as the page gives them, `pictures` the blocks that stand in pictures.
    """

    id: str
    text: str
    captured_at: datetime
    names: tuple[str, ...] = ()
    boilerplate: tuple[tuple[int, int], ...] = ()
    pictures: tuple[Block, ...] = ()

    @property
    def day(self) -> date:
        """The day of capture in China, whose law applies."""
        return self.captured_at.astimezone(_CHINA).date()


@frozen(kw_only=True)
class _Case:
    """A page under judgement: how it reads, who speaks in it, what is known about them."""

    page: Page
    view: Normalised
    segments: tuple[Segment, ...]
    sentences: tuple[Sentence, ...]
    voice: Voice
    facts: tuple[Fact, ...]
    templates: frozenset[str]


class Judge:
    """Applies a rulebook, a voice model, the opinion of two models and a policy.

    It holds no state between documents. Raises ConfigError for a type in shadow that the rulebook
    lacks.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        policy_in_force: Policy | None = None,
        voice_model: VoiceModel | None = None,
        opinion: Opinion | None = None,
    ) -> None:
        self.rulebook = rulebook
        self.policy = policy_in_force or policy.load()
        unknown = sorted(self.policy.shadow - rulebook.rules.keys())
        if unknown:
            raise ConfigError(f"规则库没有要试运行的违法类型“{'、'.join(unknown)}”")
        self.voice = voice_model or voice.load(rulebook.lexicon)
        self.reader = Reader(rulebook, self.voice)
        self.disguises = disguises.of_terms(self.reader.scanner.words)
        self.opinion = opinion or model.load(self.policy.model.open_from)
        self.cascade = Cascade(
            rulebook=rulebook, reader=self.reader, opinion=self.opinion, policy=self.policy
        )

    def under(self, policy_in_force: Policy) -> Judge:
        """The same judge under another policy."""
        return Judge(self.rulebook, policy_in_force, self.voice, self.opinion)

    def judge(
        self,
        document: Document,
        facts: Sequence[Fact],
        *,
        templates: frozenset[str],
        at: datetime,
    ) -> Assessment:
        """Assess a document by the law of its day of capture.

        `templates` are keys of sentences that the whole site repeats. The id derives from the
        document, the words of its pictures, the versions and the facts, so judging again gives
        the same assessment.
        """
        names = (document.title, document.subject_hint, document.account, document.author)
        page = Page(
            id=document.id,
            text=document.text,
            captured_at=document.captured_at,
            names=tuple(name for name in names if name),
            boilerplate=tuple((b.start, b.end) for b in document.blocks if b.boilerplate),
            pictures=tuple(b for b in document.blocks if b.picture is not None),
        )
        return self.assess(page, tuple(facts), templates=templates, at=at)

    def judge_text(self, text: str, *, captured_at: datetime) -> Assessment:
        """Assess a text alone: no page around it, no facts, nobody known to speak."""
        page = Page(id="", text=text, captured_at=captured_at)
        return self.assess(page, (), templates=frozenset(), at=captured_at)

    def assess(
        self, page: Page, facts: tuple[Fact, ...], *, templates: frozenset[str], at: datetime
    ) -> Assessment:
        """Assess a page however it came; `judge` and `judge_text` lead here."""
        case = self._open(page, facts, templates)
        claims = [
            (segment, claim)
            for segment, found in zip(
                case.segments,
                self.cascade.claims(case.view.text, case.sentences, case.voice),
                strict=True,
            )
            for claim in found
        ]
        findings = tuple(
            finding
            for segment, claim in claims
            if claim.stance is None
            for finding in self._finding(case, segment, claim)
        )
        # What the whole site repeats is one case of its own; it does not accuse every page.
        own = tuple(finding for finding in findings if not finding.template)
        verdict = self.policy.verdict(own, case.voice.speaker)
        versions = " ".join(
            (f"policy@{self.policy.version}", f"voice@{self.voice.version}", self.opinion.versions)
        )
        cleared = [(case.view.text[c.start : c.end], c.stance) for _, c in claims if c.stance]
        return Assessment(
            id=derive_id(
                "assessment",
                page.id,
                self.rulebook.version,
                versions,
                *(block.text for block in page.pictures),
                *map(repr, facts),
            ),
            document_id=page.id,
            verdict=verdict,
            findings=findings,
            facts=facts,
            reasons=explain.reasons(
                verdict=verdict,
                findings=findings,
                voice=case.voice,
                facts=facts,
                cleared=cleared,
                rulebook=self.rulebook,
                versions=versions,
            ),
            policy=versions,
            rulebook=self.rulebook.version,
            judged_at=at,
        )

    def _open(self, page: Page, facts: tuple[Fact, ...], templates: frozenset[str]) -> _Case:
        laid_out = self.disguises.laid_out(page.text)
        view = self.disguises.view(laid_out)
        cut = tuple(segments(laid_out))
        sentences = self.reader.read(
            view.text, [_piece(view, segment.start, segment.end) for segment in cut]
        )
        return _Case(
            page=page,
            view=view,
            segments=cut,
            sentences=tuple(sentences),
            voice=self._hear(page, cut, sentences),
            facts=facts,
            templates=templates,
        )

    def _hear(self, page: Page, cut: Sequence[Segment], sentences: Sequence[Sentence]) -> Voice:
        cues: dict[str, list[str]] = defaultdict(list)
        for segment, sentence in zip(cut, sentences, strict=True):
            outside = _within(segment, page.boilerplate)
            for trait, word in self.reader.cues(sentence):
                if trait.within is Within.TEXT or (trait.within is Within.BODY and not outside):
                    cues[trait.id].append(word)
        for trait_id, word in self._name_cues(page.names):
            cues[trait_id].append(word)
        return self.voice.hear(cues)

    def _name_cues(self, names: Sequence[str]) -> Iterable[tuple[str, str]]:
        for name in names:
            view = compact(name)
            for sentence in self.reader.read(view.text, [Piece(start=0, end=len(view.text))]):
                for trait, word in self.reader.cues(sentence):
                    if trait.within is not Within.BODY:
                        yield trait.id, word

    def _finding(self, case: _Case, segment: Segment, claim: Claim) -> Iterable[Finding]:
        """The finding that a claim makes; none when it is worth less than a look or lawful then."""
        slug, page = claim.rule.slug, case.page
        voice = case.voice
        score = self.policy.score(slug, claim.score, voice.speaker, voice.traits, case.facts)
        articles = claim.rule.articles_on(page.day)
        if self.policy.grade(slug, score) is Verdict.CLEAR or not articles:
            return
        start, end = quote_span(case.view, claim, _piece(case.view, segment.start, segment.end))
        quote = page.text[start:end]
        key = segment_key(segment.text)
        yield Finding(
            id=derive_id("finding", page.id, slug, str(start), str(end), claim.origin),
            document_id=page.id,
            type=slug,
            start=start,
            end=end,
            quote=quote,
            score=score,
            origin=claim.origin,
            articles=articles,
            explanation=explain.finding(quote, claim, articles, voice),
            segment=key,
            template=key in case.templates,
            picture=_picture_at(page, start),
        )


def _picture_at(page: Page, start: int) -> PicturePlace | None:
    """The picture in which the words at `start` stand."""
    return next((b.picture for b in page.pictures if b.start <= start < b.end), None)


def _piece(view: Normalised, start: int, end: int) -> Piece:
    first, last = view.norm_span(start, end)
    return Piece(start=first, end=last)


def _within(segment: Segment, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= segment.start and segment.end <= end for start, end in spans)
