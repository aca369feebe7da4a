"""The invented city as files: a list for each register as authorities give them, and the truth."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import asdict

from sitefarm.city import BEFORE, TODAY, City, Institution


def write(city: City, directory: Path) -> None:
    """Write institution-DAY.csv (twice), business.csv, doctor.csv, insured_institution.csv and
    mentions.jsonl; a file is named after the register that takes it."""
    directory.mkdir(parents=True, exist_ok=True)
    for day, found in ((BEFORE, city.before), (TODAY, city.today)):
        _csv(directory / f"institution-{day}.csv", map(asdict, found))
    _csv(directory / "business.csv", map(_business, city.today))
    _csv(directory / "doctor.csv", _doctors(city.today))
    insured = (one for place, one in enumerate(city.today) if place % 3 == 0)
    _csv(directory / "insured_institution.csv", map(_insured, insured))
    with (directory / "mentions.jsonl").open("w", encoding="utf-8") as file:
        for mention in city.mentions:
            file.write(json.dumps(asdict(mention), ensure_ascii=False) + "\n")


def _business(one: Institution) -> dict[str, str]:
    row = {"name": one.name, "usci": one.usci, "scope": "医疗服务", "address": one.address}
    return {**row, "region": one.region, "status": "存续"}


def _insured(one: Institution) -> dict[str, str]:
    code = f"H{one.region}{one.usci[-6:-1]}"
    return {"name": one.name, "insurance_code": code, "usci": one.usci, "region": one.region}


def _doctors(found: Iterable[Institution]) -> Iterator[dict[str, str]]:
    for serial, one in enumerate(found):
        leads = [d for d in one.departments.split("、") if d.startswith("美容") and serial % 4]
        yield {
            "name": one.legal_representative,
            "practice_no": f"1{serial:014d}",
            "institution": one.name,
            "licence_no": one.licence_no,
            "lead_specialties": "、".join(leads),
            "region": one.region,
        }


def _csv(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    held = list(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(held[0]))
        writer.writeheader()
        writer.writerows(held)
