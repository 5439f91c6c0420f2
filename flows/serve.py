"""Serve the flows from this process, against the server at PREFECT_API_URL: mining and maintenance on their schedules,
training when a person asks for it (`prefect deployment run train-models/on-demand`).

    prefect server start &                                  # SQLite: one machine; PostgreSQL for teams
    PREFECT_API_URL=http://127.0.0.1:4200/api python -m flows.serve

Environment: CXNLP_CONFIG (path of cxnlp.toml), CXNLP_SCHEDULE (cron of mining), CXNLP_PULL=1 (fetch from the connectors
first), CXNLP_NOTIFY (apprise addresses).
"""

from __future__ import annotations

import os
import sys
from typing import Any

from flows.environment import prepare_environment

prepare_environment()

MINE, MAINTAIN = "0 6 * * *", "0 3 * * 5"  # every morning; Friday night
ZONE = "Asia/Tehran"


def deployments() -> list[Any]:
    """Deployments of the flows: one run of each at a time; a late run is dropped, as the next covers its window."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron

    from flows.maintain import maintain
    from flows.mine_feedback import mine_feedback
    from flows.train_models import train_models

    one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    parameters = {"config": os.environ.get("CXNLP_CONFIG")}
    first = parameters | {"pull": os.environ.get("CXNLP_PULL") == "1"}
    mining = Cron(os.environ.get("CXNLP_SCHEDULE", MINE), timezone=ZONE)
    return [
        mine_feedback.to_deployment("scheduled", parameters=first, schedule=mining, concurrency_limit=one),
        maintain.to_deployment(
            "scheduled", parameters=parameters, schedule=Cron(MAINTAIN, timezone=ZONE), concurrency_limit=one
        ),
        train_models.to_deployment("on-demand", parameters=parameters, concurrency_limit=one),
    ]


def main() -> None:
    """Register the deployments and run them when they are due."""
    if "PREFECT_API_URL" not in os.environ:
        sys.exit("cxnlp: schedules need a server that stays: start `prefect server start` and set PREFECT_API_URL")
    from prefect import serve

    serve(*deployments())


if __name__ == "__main__":
    main()
