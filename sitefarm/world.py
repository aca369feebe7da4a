"""The whole farm for one seed."""

from __future__ import annotations

from sitefarm.dice import Dice
from sitefarm.identity import Registry, loopback
from sitefarm.phrases import Bank, load
from sitefarm.plans import PlanName
from sitefarm.plans import load as load_plans
from sitefarm.records import Entity, Event, Site, World
from sitefarm.sites import Builder

_INSTITUTIONS = 40


def build(seed: str, *, plan: PlanName = PlanName.CITY, port: int = 8480) -> World:
    """Make the world of a seed. Pure: the same seed, plan and port give equal worlds.

    `dev` keeps the names of the plans; every other seed renames hosts, directories, sections and
    classes, and draws other institutions, diseases and phrases.
    """
    bank = load()
    registry = Registry(bank, seed)
    specialties = list(bank.diseases)
    if seed != "dev":
        specialties = Dice(seed, "specialties").shuffled(specialties)
    sites: dict[str, Site] = {}
    taken: set[str] = set()
    for index, host in enumerate(load_plans(plan)):
        builder = Builder(
            plan=host,
            seed=seed,
            bank=bank,
            registry=registry,
            specialty=specialties[index % len(specialties)],
        )
        site = builder.site(loopback(f"{seed}/{host.host}", taken))
        sites[site.host] = site
    widgets = {s.widget: loopback(s.widget, taken) for s in sites.values() if s.widget}
    return World(
        seed=seed,
        plan=plan,
        port=port,
        sites=sites,
        widgets=widgets,
        institutions=_institutions(bank, registry, sites),
        events=_events(sites),
    )


def _institutions(bank: Bank, registry: Registry, sites: dict[str, Site]) -> tuple[Entity, ...]:
    """The register: every licensed operator of a host, and institutions that have no host here."""
    names = bank.names
    own = [s.entity for s in sites.values() if s.entity.licence_no]
    others = [
        registry.entity(
            f"register-{number}",
            registry.name(names["mark"], names["hospital_kinds"]),
            subject_type="民营医院",
            licensed=True,
            departments="内科;外科;医学检验科",
            grade="未定级",
        )
        for number in range(_INSTITUTIONS)
    ]
    return (*own, *others)


def _events(sites: dict[str, Site]) -> tuple[Event, ...]:
    found: list[Event] = []
    for site in sites.values():
        for page in site.pages.values():
            if page.duplicate_of is None:
                found += [
                    Event(tick=r.since, host=site.host, path=page.path, op="edit")
                    for r in page.revisions[1:]
                ]
                if page.first > 0:
                    found.append(
                        Event(tick=page.first, host=site.host, path=page.path, op="create")
                    )
                if page.gone is not None:
                    op = "move" if page.moved_to else "delete"
                    found.append(Event(tick=page.gone, host=site.host, path=page.path, op=op))
    return tuple(sorted(found, key=lambda e: (e.tick, e.host, e.path)))
