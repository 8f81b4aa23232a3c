"""The workloads on CPython's own asyncio. Usage: python3 cpython.py JOB, a JSON object as child.mjs takes it."""

import asyncio
import gc
import json
import os
import resource
import signal
import sys
import time
from asyncio.subprocess import DEVNULL

now = time.perf_counter

# Milliseconds after which nothing is repeated any more.
LONG = 2000

VERSION = sys.version.split()[0]

NO_UVLOOP = (
    "no python3 on the PATH has uvloop (Debian, for its own /usr/bin/python3: apt-get install python3-uvloop; "
    "for any other: python3 -m pip install uvloop)"
)


def milliseconds(since):
    return (now() - since) * 1000


async def join(tasks):
    for task in tasks:
        await task


async def spawn(tasks):
    async def nothing(value):
        return value

    start = now()
    await join([asyncio.create_task(nothing(i)) for i in range(tasks)])
    return milliseconds(start)


async def switch(tasks, times):
    async def switcher():
        for _ in range(times):
            await asyncio.sleep(0)

    start = now()
    await join([asyncio.create_task(switcher()) for _ in range(tasks)])
    return milliseconds(start)


async def ping_pong(trips):
    there, back = asyncio.Queue(), asyncio.Queue()

    async def echoer():
        for _ in range(trips):
            await back.put(await there.get())

    start = now()
    other = asyncio.create_task(echoer())
    for i in range(trips):
        await there.put(i)
        await back.get()
    await other
    return milliseconds(start)


async def bounded_queue(pairs, items, bound):
    queue = asyncio.Queue(bound)

    async def producer():
        for i in range(items):
            await queue.put(i)

    async def consumer():
        total = 0
        for _ in range(items):
            total += await queue.get()
        return total

    start = now()
    producers = [asyncio.create_task(producer()) for _ in range(pairs)]
    consumers = [asyncio.create_task(consumer()) for _ in range(pairs)]
    await join(producers + consumers)
    return milliseconds(start)


async def visit(gate, times):
    for _ in range(times):
        async with gate:
            await asyncio.sleep(0)


async def lock(tasks, times):
    gate = asyncio.Lock()
    start = now()
    await join([asyncio.create_task(visit(gate, times)) for _ in range(tasks)])
    return milliseconds(start)


async def semaphore(tasks, permits):
    gate = asyncio.Semaphore(permits)
    start = now()
    await join([asyncio.create_task(visit(gate, 1)) for _ in range(tasks)])
    return milliseconds(start)


async def sleeper(seconds):
    await asyncio.sleep(seconds)


async def sleep(tasks):
    start = now()
    await asyncio.gather(*[sleeper((1 + i * 7919 % 4) / 1000) for i in range(tasks)])
    return milliseconds(start)


async def cancel(tasks):
    everyone = [asyncio.create_task(sleeper(3600)) for _ in range(tasks)]
    await asyncio.sleep(0)
    start = now()
    for task in everyone:
        task.cancel()
    await asyncio.gather(*everyone, return_exceptions=True)
    return milliseconds(start)


async def descend(depth):
    return 0 if depth == 0 else 1 + await descend(depth - 1)


async def deep_call(depth, times):
    start = now()
    for _ in range(times):
        await descend(depth)
    return milliseconds(start)


async def deep_resume(depth, times):
    if depth > 0:
        return await deep_resume(depth - 1, times)
    await asyncio.sleep(0)
    start = now()
    for _ in range(times):
        await asyncio.sleep(0)
    return milliseconds(start)


async def subprocess(processes, lanes):
    async def lane():
        for _ in range(processes // lanes):
            process = await asyncio.create_subprocess_exec(
                "true", stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
            )
            await process.wait()

    start = now()
    await asyncio.gather(*[lane() for _ in range(lanes)])
    return milliseconds(start)


async def echo(reader, writer):
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


async def tcp_echo():
    """Serves until it is ended; says its CPU time at each SIGUSR2."""

    def say_cpu():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({"cpu": (usage.ru_utime + usage.ru_stime) * 1e6}), flush=True)

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, say_cpu)
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "version": VERSION}), flush=True)
    await server.serve_forever()


def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def suspended(tasks):
    gate = asyncio.get_running_loop().create_future()

    async def waiter():
        await gate

    before = resident()
    for _ in range(tasks):
        asyncio.create_task(waiter())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    after = resident()
    print(json.dumps({"samples": [after - before], "version": VERSION}), flush=True)
    os._exit(0)


PROGRAMS = {
    "spawn": spawn,
    "switch": switch,
    "ping-pong": ping_pong,
    "bounded-queue": bounded_queue,
    "lock": lock,
    "semaphore": semaphore,
    "sleep": sleep,
    "cancel": cancel,
    "deep-call": deep_call,
    "deep-resume": deep_resume,
    "tcp-echo": tcp_echo,
    "subprocess": subprocess,
    "bytes-100k": suspended,
    "bytes-1m": suspended,
}


def main():
    job = json.loads(sys.argv[1])
    sys.setrecursionlimit(20_000)
    run = asyncio.run
    global VERSION
    if job.get("uvloop"):
        try:
            import uvloop
        except ImportError:
            print(json.dumps({"skipped": NO_UVLOOP}))
            return
        run = uvloop.run if hasattr(uvloop, "run") else lambda main: (uvloop.install(), asyncio.run(main))[1]
        VERSION = f"{uvloop.__version__} on Python {VERSION}"
    program = PROGRAMS.get(job["workload"])
    if program is suspended and not os.path.exists("/proc/self/statm"):
        print(json.dumps({"skipped": "its memory is read from /proc, which is not there"}))
        return
    if program is None:
        print(json.dumps({"skipped": "not one of its workloads"}))
        return
    if job["workload"] == "tcp-echo":
        run(tcp_echo())
        return
    pace = job["pace"]

    def repeat(least, budget):
        """Runs until the time is over and it ran often enough; once, when that takes very long."""
        samples = []
        start = now()
        gone = 0
        while len(samples) < pace["most"] and (len(samples) < least or gone < budget):
            samples.append(run(program(**job["size"])))
            gone = milliseconds(start)
            if gone > LONG:
                break
        return samples

    # No warm-up: CPython compiles nothing while it runs.
    samples = repeat(pace["least"], pace["budget"])
    print(json.dumps({"samples": samples, "version": VERSION}))


main()
