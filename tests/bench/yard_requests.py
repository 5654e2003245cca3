"""Yardstick R1: the plainest script that carries items over; one thread, no safety, one committed row an item.

``python -m tests.bench.yard_requests FROM_URL TO_URL DSN`` prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import psycopg
import requests

from tests.support.fakeapp.serve import TOKEN


def main() -> None:
    source, target, dsn = sys.argv[1:4]
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute("create table if not exists yard_pairs (left_id text primary key, right_id text not null)")
        database.execute("truncate yard_pairs")
        begun, cpu = time.perf_counter(), time.process_time()
        offset = 0
        while True:
            asked = {"container": "main", "offset": str(offset), "limit": "100"}
            page = session.get(f"{source}/items", params=asked).json()["items"]
            for item in page:
                made = session.post(
                    f"{target}/items", json={"container": "main", "fields": item["fields"], "marker": None}
                ).json()
                session.patch(f"{target}/items/{made['id']}", json={"labels": [f"from-{item['id']}"]})
                database.execute("insert into yard_pairs values (%s, %s)", (item["id"], made["id"]))
            offset += len(page)
            if len(page) < 100:
                break
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"items": offset, "seconds": seconds, "cpu": cpu, "peak_mb": peak}))


if __name__ == "__main__":
    main()
