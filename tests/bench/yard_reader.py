"""Yardstick of goal 5: plain requests, pages of a hundred, one upsert a page; what a reader of changes can reach.

``python -m tests.bench.yard_reader FROM_URL DSN`` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time

import psycopg
import requests

from tests.support.fakeapp.serve import TOKEN

_TABLE = "create table if not exists yard_items (id text primary key, updated text not null, item jsonb not null)"
_UPSERT = (
    "insert into yard_items select one ->> 'id', one ->> 'updated', one from jsonb_array_elements(%s::jsonb) one"
    " on conflict (id) do update set updated = excluded.updated, item = excluded.item"
)


def main() -> None:
    source, dsn = sys.argv[1:3]
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(_TABLE)
        begun, cpu = time.perf_counter(), time.process_time()
        asked = {"container": "main", "offset": "0", "limit": "100"}
        seen: set[str] = set()
        while True:
            page = session.get(f"{source}/items", params=asked).json()["items"]
            database.execute(_UPSERT, (json.dumps(page),))
            seen.update(one["id"] for one in page)
            if len(page) < 100:
                break
            asked["since"] = page[-1]["updated"]
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(json.dumps({"items": len(seen), "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
