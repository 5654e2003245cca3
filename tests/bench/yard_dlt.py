"""Yardstick of goal 5: dlt reads the same changes and merges them into PostgreSQL; it is no dependency of ours.

``PYTHON yard_dlt.py FROM_URL DSN TOKEN FOLDER`` prints one JSON object; PYTHON is one that has ``dlt[postgres]``. It
imports nothing of the project.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

dlt: Any = import_module("dlt")  # it is installed elsewhere
requests: Any = import_module("requests")


def main() -> None:
    source, dsn, token, folder = sys.argv[1:5]
    count = 0

    def items() -> Iterator[list[dict[str, Any]]]:
        nonlocal count
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        asked = {"container": "main", "offset": "0", "limit": "100"}
        while True:
            page = session.get(f"{source}/items", params=asked).json()["items"]
            count += len(page) - ("since" in asked)
            yield page
            if len(page) < 100:
                return
            asked["since"] = page[-1]["updated"]

    pipeline = dlt.pipeline(
        "yard", pipelines_dir=folder, destination=dlt.destinations.postgres(dsn), dataset_name="yard"
    )
    reader = dlt.resource(items, name="items", primary_key="id", write_disposition="merge")
    begun, cpu = time.perf_counter(), time.process_time()
    pipeline.run(reader())
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(json.dumps({"items": count, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
