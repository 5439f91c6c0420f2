"""Serve the flows from this process, on their schedules, against the server at PREFECT_API_URL.

prefect server start &                                  # SQLite: one machine; PostgreSQL for teams
PREFECT_API_URL=http://127.0.0.1:4200/api python -m flows.serve
"""

from __future__ import annotations

import os
import sys

from flows.environment import prepare_environment

prepare_environment()

SCHEDULE = "0 6 * * *"  # every morning at six; CXNLP_SCHEDULE overrides
ZONE = "Asia/Tehran"


def main() -> None:
    """Register mine-feedback and maintain, and run them when they are due; one run at a time."""
    if "PREFECT_API_URL" not in os.environ:
        sys.exit("cxnlp: schedules need a server that stays: start `prefect server start` and set PREFECT_API_URL")
    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron

    from flows.mine_feedback import mine_feedback

    one_at_a_time = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    mine = mine_feedback.to_deployment(
        name="every-morning",
        parameters={"config": os.environ.get("CXNLP_CONFIG")},
        schedule=Cron(os.environ.get("CXNLP_SCHEDULE", SCHEDULE), timezone=ZONE),
        concurrency_limit=one_at_a_time,  # a run covers everything since the last one: late runs may be dropped
    )
    serve(mine)


if __name__ == "__main__":
    main()
