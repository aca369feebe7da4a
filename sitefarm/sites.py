"""From a plan and a seed to a finished site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import ceil

from attrs import evolve, frozen

from sitefarm.author import Author, Draft
from sitefarm.dice import Dice
from sitefarm.drafting import diseases_of, draft_articles, facts_of, plant
from sitefarm.identity import Registry, Renamer
from sitefarm.phrases import Bank, Facts
from sitefarm.plans import ColumnPlan, EntityPlan, Plan
from sitefarm.records import (
    PLAIN,
    START,
    Column,
    Entity,
    Form,
    Kind,
    Page,
    Paragraph,
    Quirk,
    Revision,
    Site,
)
from sitefarm.timeline import changed

_OK = 200
_DEPARTMENTS = "{specialty};医学检验科;医学影像科"
_CSS = (
    "wrap",
    "top",
    "nav",
    "crumb",
    "main",
    "side",
    "box",
    "head",
    "list",
    "item",
    "date",
    "more",
    "pager",
    "title",
    "meta",
    "body",
    "foot",
    "copy",
    "tel",
    "hot",
    "card",
)


@frozen(kw_only=True)
class Builder:
    """Everything that the making of one site draws on."""

    plan: Plan
    seed: str
    bank: Bank
    registry: Registry
    specialty: str

    def site(self, ip: str) -> Site:
        """The finished site, deterministic in (plan, seed)."""
        plan, rename = self.plan, Renamer(self.seed, self.plan.host)
        entity = self._entity(plan.entity)
        columns, pages, template = self._content(rename, entity)
        widget = f"{rename('pkt')}.{rename('zoos')}.test" if plan.widget else None
        if widget:
            pages.append(Page(path="/swt/", kind=Kind.STATUS, view="swt", title="在线咨询"))
        return Site(
            host=f"{rename(plan.host)}.farm.test",
            ip=ip,
            archetype=plan.archetype,
            layout=plan.layout,
            source_kind=plan.source_kind,
            risk=plan.risk,
            charset=plan.charset,
            entity=entity,
            columns={c.path: c for c in columns},
            pages={p.path: p for p in pages},
            redirects=_redirects(pages, columns, plan.moved),
            css={word: rename(f"css-{word}").removeprefix("css-") for word in _CSS},
            template=template,
            robots=plan.robots,
            denied=plan.denied,
            crawl_delay=max(2.0, plan.crawl_delay),
            soft_404=plan.soft_404,
            script_menu=plan.script_menu,
            widget=widget,
            calendar=plan.calendar,
            control=plan.control,
            forms=plan.forms,
            login=plan.login,
            clicks=plan.clicks,
            per_minute=plan.per_minute,
        )

    def _content(
        self, rename: Renamer, entity: Entity
    ) -> tuple[list[Column], list[Page], Paragraph]:
        plan = self.plan
        author = Author(self.bank, self.seed, plan.host)
        base = facts_of(entity)
        diseases = diseases_of(self.bank, self.specialty, plan.diseases)
        sections, hubs = self._sections(rename, diseases, author.dice)
        drafts = draft_articles(author, plan, sections, base, diseases)
        plant(author, plan.plants, drafts)
        pages = self._articles(rename, author, drafts)
        template = tuple(author.say_new(b, {**base, **diseases[0]}) for b in plan.template)
        columns = [column for _, column, _ in sections]
        pages += _copies(pages, plan.copies, rename("zt"), author.dice)
        pages += self._indexes(hubs, columns, pages)
        return [*hubs, *columns], pages, template

    def _entity(self, plan: EntityPlan) -> Entity:
        names = self.bank.names
        kinds = names[plan.kinds] if isinstance(plan.kinds, str) else plan.kinds
        drawn = self.registry.entity(
            self.plan.host,
            self.registry.name(
                names[plan.marks], [k.format(specialty=self.specialty) for k in kinds]
            ),
            subject_type=plan.subject_type,
            licensed=plan.licensed,
            public=plan.public,
            departments=_DEPARTMENTS.format(specialty=self.specialty) if plan.licensed else "",
            grade=plan.grade,
        )
        if plan.subject_type != "民营医院":
            return drawn
        dice = Dice(self.seed, self.plan.host, "approval")
        number = f"第{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}-{dice.randint(100, 999)}号"
        return evolve(drawn, medical_ad=f"（{self.registry.place.letter}）医广〔2025〕{number}")

    def _sections(
        self, rename: Renamer, diseases: Sequence[Facts], dice: Dice
    ) -> tuple[list[tuple[ColumnPlan, Column, Facts | None]], list[Column]]:
        sections: list[tuple[ColumnPlan, Column, Facts | None]] = []
        hubs: list[Column] = []
        titles = {
            c.code: c.title[0] if self.seed == "dev" else dice.choice(c.title)
            for c in self.plan.columns
        }
        each = [c for c in self.plan.columns if c.each]
        for disease in diseases if each else ():
            root = f"/{rename(disease['code'][0])}/"
            children = tuple(f"{root}{rename(c.code)}/" for c in each)
            name = disease["disease"][0]
            hubs.append(
                self._column(root, name, disease["code"][0], 100 + len(hubs), children=children)
            )
            for section, path in zip(each, children, strict=True):
                title = f"{name}{titles[section.code]}"
                column = self._column(path, title, section.code, len(sections) + 1, hub=root)
                sections.append((section, column, disease))
        for section in self.plan.columns:
            if not section.each:
                path = f"/{rename(section.code)}/"
                column = self._column(path, titles[section.code], section.code, len(sections) + 1)
                sections.append((section, column, None))
        return sections, hubs

    def _column(
        self,
        path: str,
        title: str,
        code: str,
        tid: int,
        *,
        children: tuple[str, ...] = (),
        hub: str = "",
    ) -> Column:
        return Column(
            path=path,
            title=title,
            code=code,
            tid=tid,
            per_page=self.plan.per_page,
            children=children,
            hub=hub,
        )

    def _articles(self, rename: Renamer, author: Author, drafts: Sequence[Draft]) -> list[Page]:
        quirks = [Quirk(q) for q, count in self.plan.quirks.items() for _ in range(count)]
        places = author.dice.sample(range(len(drafts) - 1), len(quirks))
        special = dict(zip(places, quirks, strict=True))
        pages = [self._article(author, d, i, special) for i, d in enumerate(drafts[:-1])]
        pages = changed(author, self.plan.changes, drafts, pages, folder=rename("moved"))
        home = drafts[-1]
        revisions = (Revision(since=0, paragraphs=home.finished()),)
        pages.append(
            Page(path="/", kind=Kind.CONTENT, view="home", title=home.title, revisions=revisions)
        )
        return pages

    def _article(self, author: Author, draft: Draft, index: int, special: dict[int, Quirk]) -> Page:
        published = START.date() - timedelta(days=author.dice.randint(3, 700))
        name, form = self._form(index)
        decoy = self._decoy(author, draft) if form.has_decoy else ()
        real = Revision(since=form.late, paragraphs=draft.finished())
        early = (Revision(since=0, paragraphs=decoy),) if form.late else ()
        return Page(
            path=self._path(draft.column, 100 + index, published),
            kind=Kind.CONTENT if form.status == _OK else Kind.STATUS,
            view="article",
            title=draft.title,
            column=draft.column.path,
            author=self.bank.fill("{person}", author.dice, {}),
            published=published,
            revisions=(*early, real),
            quirk=special.get(index, Quirk.NONE),
            form=name,
            decoy=decoy,
        )

    def _form(self, index: int) -> tuple[str, Form]:
        """The forms of the plan in turn, each as often as its share says."""
        names = [name for name, form in self.plan.forms.items() for _ in range(form.share)]
        name = names[index % len(names)] if names else ""
        return name, self.plan.forms.get(name, PLAIN)

    def _decoy(self, author: Author, draft: Draft) -> tuple[Paragraph, ...]:
        return tuple(tuple(p) for p in author.paragraphs(self.plan.decoy, draft.facts))

    def _path(self, column: Column, number: int, published: date) -> str:
        return self.plan.article.format(
            column=column.path.strip("/"),
            id=number,
            year=published.year,
            mmdd=f"{published:%m%d}",
        )

    def _indexes(
        self, hubs: Iterable[Column], columns: Sequence[Column], pages: Sequence[Page]
    ) -> list[Page]:
        made: list[Page] = []
        for column in (*hubs, *columns):
            count = sum(p.column == column.path and p.first == 0 for p in pages)
            view = "hub" if column.children else "list"
            for number in range(1, max(1, ceil(count / column.per_page)) + 1):
                path = column.path + (self._listing(column, number) if number > 1 else "")
                made.append(_index(path, view, column, number))
            if self.plan.duplicate_lists:
                extra = "index.html" if column.children else self._listing(column, 1)
                twin = _index(column.path + extra, view, column, 1)
                made.append(evolve(twin, duplicate_of=column.path))
        if self.plan.duplicate_lists:
            home = next(p for p in pages if p.view == "home")
            made.append(evolve(home, path="/index.html", duplicate_of="/"))
        return made

    def _listing(self, column: Column, number: int) -> str:
        return self.plan.listing.format(tid=column.tid, n=number)


def _index(path: str, view: str, column: Column, number: int) -> Page:
    return Page(
        path=path,
        kind=Kind.LIST,
        view=view,
        title=column.title,
        column=column.path,
        number=number,
    )


def _copies(pages: Sequence[Page], count: int, folder: str, dice: Dice) -> list[Page]:
    """Articles that are filed a second time, as topic pages."""
    articles = [p for p in pages if p.view == "article" and p.first == 0 and p.gone is None]
    still = [p for p in articles if len(p.revisions) == 1 and p.quirk is Quirk.NONE]
    return [
        evolve(p, path=f"/{folder}/{p.path.rsplit('/', 1)[1]}", duplicate_of=p.path)
        for p in dice.sample(still, count)
    ]


def _redirects(pages: Sequence[Page], columns: Sequence[Column], moved: int) -> dict[str, str]:
    """Old addresses of articles, and sections without their slash."""
    articles = [p for p in pages if p.view == "article" and p.duplicate_of is None and p.first == 0]
    old = {f"/a/{n}.html": page.path for n, page in enumerate(articles[::7][:moved], 1)}
    return old | {c.path.rstrip("/"): c.path for c in columns}
