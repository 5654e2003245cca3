"""Asks one address over and over on a few kept-alive connections, and counts the answers.

``python -m tests.bench.load PORT SECONDS CONNECTIONS PATH [HEADER ...]`` prints answers a second.
"""

from __future__ import annotations

import asyncio
import sys
import time


async def ask(port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the address answered {head.splitlines()[0].decode()}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        count += 1
    writer.close()
    return count


async def main() -> None:
    port, seconds, connections, path, *headers = sys.argv[1:]
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""]
    request = "\r\n".join(lines).encode()
    await asyncio.gather(*(ask(int(port), request, time.perf_counter() + 0.5) for _ in range(int(connections))))
    begun = time.perf_counter()
    counts = [ask(int(port), request, begun + float(seconds)) for _ in range(int(connections))]
    answers = sum(await asyncio.gather(*counts))
    print(answers / (time.perf_counter() - begun))


if __name__ == "__main__":
    asyncio.run(main())
