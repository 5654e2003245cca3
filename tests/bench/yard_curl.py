"""Yardstick L: as fast as this machine goes from Python; pycurl, four threads, commits of a hundred.

``python -m tests.bench.yard_curl FROM_URL TO_URL DSN`` prints one JSON object; it needs ``pycurl``.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import Any

import psycopg

from tests.support.fakeapp.serve import TOKEN

pycurl: Any = import_module("pycurl")  # it comes without types
_HEADERS = [f"Authorization: Bearer {TOKEN}", "Content-Type: application/json", "Expect:"]


def call(curl: Any, url: str, body: bytes | None = None) -> Any:
    answer = BytesIO()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.HTTPHEADER, _HEADERS)
    curl.setopt(pycurl.WRITEDATA, answer)
    if body is None:
        curl.setopt(pycurl.HTTPGET, 1)
    else:
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.POSTFIELDS, body)
    curl.perform()
    return json.loads(answer.getvalue())


def carry(target: str, items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    curl = pycurl.Curl()
    found = []
    for item in items:
        draft = {"container": "main", "fields": item["fields"], "marker": f"from-{item['id']}"}
        found.append((item["id"], call(curl, f"{target}/items", json.dumps(draft).encode())["id"]))
    curl.close()
    return found


def main() -> None:
    source, target, dsn = sys.argv[1:4]
    reader = pycurl.Curl()
    with psycopg.connect(dsn) as database, ThreadPoolExecutor(4) as pool:
        database.execute("create table if not exists yard_pairs (left_id text primary key, right_id text not null)")
        database.execute("truncate yard_pairs")
        database.commit()
        begun, cpu = time.perf_counter(), time.process_time()
        offset = 0
        while True:
            page = call(reader, f"{source}/items?container=main&limit=100&offset={offset}")["items"]
            for pairs in pool.map(lambda part: carry(target, part), [page[n::4] for n in range(4)]):
                with database.cursor() as cursor:
                    cursor.executemany("insert into yard_pairs values (%s, %s)", pairs)
            database.commit()
            offset += len(page)
            if len(page) < 100:
                break
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(json.dumps({"items": offset, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
