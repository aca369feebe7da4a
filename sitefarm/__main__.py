"""`python -m sitefarm --seed dev --directory D`: write the farm's files and serve it."""

from __future__ import annotations

import argparse
from pathlib import Path

from sitefarm.plans import PlanName
from sitefarm.serve import run


def main() -> None:
    """Read the command line and serve until stopped."""
    parser = argparse.ArgumentParser(prog="sitefarm", description=__doc__)
    parser.add_argument("--seed", default="dev", help="any string; dev keeps the planned names")
    parser.add_argument(
        "--plan",
        type=PlanName,
        choices=list(PlanName),
        default=PlanName.CITY,
        help="which hosts it has",
    )
    parser.add_argument("--directory", type=Path, required=True, help="truth, log, sources go here")
    parser.add_argument("--port", type=int, default=8480, help="port of every host")
    parser.add_argument("--admin-port", type=int, default=8481, help="clock and health, loopback")
    chosen = parser.parse_args()
    run(
        seed=chosen.seed,
        plan=chosen.plan,
        directory=chosen.directory,
        port=chosen.port,
        admin_port=chosen.admin_port,
    )


if __name__ == "__main__":
    main()
