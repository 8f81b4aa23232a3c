"""Runs the programs of this folder on CPython's own asyncio, on a virtual clock, and writes what happened.

One JSON program per line on stdin, one JSON trace per line on stdout; the first line says which Python it is.
The language is described in program.ts, the same interpreter on asyncscope is interpreter.ts.
"""

import asyncio
import contextvars
import inspect
import json
import logging
import sys
import warnings

# Sleeps of a program end long before; whoever still waits then is cancelled, round after round.
END = 10_000
ROUNDS = 200

PROGRAM_ERRORS = {"raise", "raiseCancelled"}


class OrderedSet(dict):
    """CPython's sets have no order; the programs compare order, so they get that of insertion."""

    def __init__(self, items=()):
        super().__init__((item, None) for item in items)

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    remove = dict.__delitem__


class OrderedTimerHandle(asyncio.TimerHandle):
    """Equal deadlines in the order of registration: CPython leaves that open (rule TM-02)."""

    __slots__ = ("sequence",)
    made = 0

    def __init__(self, when, callback, args, loop, context=None):
        super().__init__(when, callback, args, loop, context)
        OrderedTimerHandle.made += 1
        self.sequence = OrderedTimerHandle.made

    def __lt__(self, other):
        return (self._when, self.sequence) < (other._when, other.sequence)


class GatheringFuture(asyncio.tasks._GatheringFuture):
    """Evens out two things that docs/coming-from-python.md names.

    It ends with the message of its own cancel, where CPython gives that of its last child, and cancels a child that
    it was given twice once.
    """

    def __init__(self, children, *, loop=None):
        super().__init__(list(dict.fromkeys(children)), loop=loop)

    def cancel(self, msg=None):
        accepted = super().cancel(msg=msg)
        if accepted:
            self.request = msg
        return accepted

    def set_exception(self, exception):
        children = self._children
        if isinstance(exception, asyncio.CancelledError) and self._cancel_requested and all(child.done() for child in children):
            if self.return_exceptions or not any(child.cancelled() for child in children):
                exception = asyncio.CancelledError(self.request)
        super().set_exception(exception)


def gather(items, return_exceptions):
    future = asyncio.gather(*items, return_exceptions=return_exceptions)
    if isinstance(future, GatheringFuture):
        future.return_exceptions = return_exceptions
    return future


def give_sets_an_order():
    asyncio.base_events.events.TimerHandle = OrderedTimerHandle
    asyncio.tasks.set = asyncio.taskgroups.set = OrderedSet
    # The one set that is made by a comprehension.
    target = getattr(asyncio.tasks, "_AsCompletedIterator", None)
    source = inspect.getsource(target.__init__)
    text = "todo = {ensure_future(aw, loop=loop) for aw in set(aws)}"
    if text not in source:
        raise SystemExit("as_completed() of this Python is unknown: its set cannot be given an order")
    source = source.replace(text, "todo = set([ensure_future(aw, loop=loop) for aw in set(aws)])")
    namespace = {}
    exec(inspect.cleandoc("\n" + source), asyncio.tasks.__dict__, namespace)
    target.__init__ = namespace["__init__"]


class VirtualLoop(asyncio.base_events.BaseEventLoop):
    """Time stands still while anything is ready and jumps to the next deadline when nothing is."""

    def __init__(self):
        super().__init__()
        self._selector = self
        self.now = 0
        # Iterations since time moved.
        self.iteration = 0

    def time(self):
        return self.now

    def select(self, timeout):
        if timeout is None:
            raise SystemExit("the program waits for nothing")
        if timeout > 0:
            self.now += timeout
            self.iteration = 0
        return ()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    def _run_once(self):
        self.iteration += 1
        super()._run_once()


class Boom(Exception):
    """The error that programs raise."""


class Return:
    def __init__(self, value):
        self.value = value


class Absent(Exception):
    """What an operation names has not been made."""


variable = contextvars.ContextVar("variable", default=0)


def show_error(error):
    if isinstance(error, BaseExceptionGroup):
        return "Group(" + ", ".join(map(show_error, error.exceptions)) + ")"
    if isinstance(error, asyncio.CancelledError):
        return f"Cancelled({error.args[0] if error.args and error.args[0] is not None else ''})"
    if isinstance(error, Boom):
        return f"Boom({error})"
    if isinstance(error, TimeoutError) and isinstance(error.__cause__, asyncio.CancelledError):
        return "TimeoutError<" + show_error(error.__cause__)
    return type(error).__name__


class Run:
    def __init__(self, program):
        resources = program["resources"]
        self.lines = []
        self.open = True
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(self.report)
        self.loop.set_task_factory(self.make_task)
        self.body = program["body"]
        self.tasks = []
        # Only generation of names: what an op refers to.
        self.refs = {}
        self.names = {}
        self.callbacks = {}
        self.handles = {}
        self.groups = {}
        self.timeouts = {}
        kinds = {"fifo": asyncio.Queue, "lifo": asyncio.LifoQueue, "priority": asyncio.PriorityQueue}
        semaphores = {False: asyncio.Semaphore, True: asyncio.BoundedSemaphore}
        self.queues = [kinds[q["kind"]](q["maxsize"]) for q in resources["queues"]]
        self.locks = [asyncio.Lock() for _ in range(resources["locks"])]
        self.semaphores = [semaphores[s["bounded"]](s["value"]) for s in resources["semaphores"]]
        self.events = [asyncio.Event() for _ in range(resources["events"])]
        self.conditions = [
            asyncio.Condition(None if lock is None else self.locks[lock]) for lock in resources["conditions"]
        ]
        self.barriers = [asyncio.Barrier(parties) for parties in resources["barriers"]]
        self.futures = resources["futures"]

    def run(self):
        try:
            self.loop.run_until_complete(self.main())
        finally:
            self.open = False
        return self.lines

    async def main(self):
        self.names[asyncio.current_task()] = "main"
        for index in range(self.futures):
            self.made(f"f{index}", self.loop.create_future())
        self.spawn("t0", self.body, asyncio.create_task)
        await asyncio.sleep(END)
        for _ in range(ROUNDS):
            left = [task for task in self.tasks if not task.done() and self.names.get(task) != "main"]
            if not left:
                return
            for task in left:
                task.cancel("end")
            await asyncio.sleep(1)
        self.mark("stuck")

    def make_task(self, loop, coro, **kwargs):
        task = asyncio.Task(coro, loop=loop, **kwargs)
        self.tasks.append(task)
        return task

    def mark(self, text):
        if not self.open:
            return
        task = asyncio.current_task(self.loop)
        who = "-" if task is None else self.names.get(task, "?")
        now = self.loop.now
        time = int(now) if now == int(now) else now
        self.lines.append(f"{time}/{self.loop.iteration} {who} {text}")

    def report(self, _loop, context):
        message = context["message"]
        error = context.get("exception")
        if "never retrieved" in message or "was destroyed" in message:
            return
        if message.startswith("Exception in callback"):
            kind = "callback"
        elif "shielded future" in message:
            kind = "shield"
        elif "is already completed" in message:
            kind = "parent"
        else:
            kind = message
        self.mark(f"report {kind} {show_error(error)}")

    # Values

    def show(self, value):
        if value is None:
            return "-"
        if value is True or value is False:
            return str(value).lower()
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(map(self.show, value)) + "]"
        if isinstance(value, BaseException):
            return show_error(value)
        if isinstance(value, asyncio.Future):
            return self.names.get(value, "?")
        return str(int(value) if isinstance(value, float) and value.is_integer() else value)

    def state(self, future):
        if not future.done():
            return "pending"
        if future.cancelled():
            return "cancelled"
        error = future.exception()
        return "result " + self.show(future.result()) if error is None else show_error(error)

    def ref(self, name):
        if name == "self":
            return asyncio.current_task()
        if name not in self.refs:
            raise Absent
        return self.refs[name]

    def item(self, item):
        return self.inline(item["id"], item["ops"]) if "ops" in item else self.ref(item["ref"])

    def items(self, op):
        found = []
        for item in op["items"]:
            if "ops" in item or item["ref"] in self.refs:
                found.append(self.item(item))
        return found

    def only_item(self, op):
        if not op["items"]:
            raise Absent
        return self.item(op["items"][0])

    def future(self, item):
        """For wait(), which takes no coroutines."""
        return asyncio.create_task(item) if inspect.iscoroutine(item) else item

    # Bodies

    def spawn(self, name, ops, create):
        task = create(self.inline(name, ops))
        self.refs[name] = task
        self.name(name, task)
        return task

    def name(self, name, future):
        if future in self.names:
            return
        self.names[future] = name
        # So that the trace shows when and in which order they end.
        future.add_done_callback(lambda future: self.mark(f"done {name} {self.state(future)}"))

    def made(self, name, future):
        self.refs[name] = future
        # A shield of what is done is that itself.
        self.name(name, future)
        return future

    async def task_body(self, ops):
        self.mark("start")
        try:
            result = await self.run_ops(ops)
        except GeneratorExit:
            raise
        except BaseException as error:
            self.mark("end !" + show_error(error))
            raise
        self.mark("end")
        return None if result is None else result.value

    async def inline(self, name, ops):
        task = asyncio.current_task()
        if task not in self.names:
            self.name(name, task)
            self.refs.setdefault(name, task)
        return await self.task_body(ops)

    async def run_ops(self, ops):
        for op in ops:
            result = await self.step(op)
            if result is not None:
                return result
        return None

    async def step(self, op):
        kind = op["op"]
        number = op["n"]
        waiting = getattr(self, "wait_" + kind, None)
        try:
            value = getattr(self, "do_" + kind)(op) if waiting is None else await waiting(op)
        except GeneratorExit:
            raise
        except Absent:
            self.mark(f"{number}:{kind} absent")
            return None
        except BaseException as error:
            self.mark(f"{number}:{kind} !{show_error(error)}")
            if self.swallows(op, error, waiting is None):
                return None
            raise
        self.mark(f"{number}:{kind} {self.show(value.value if isinstance(value, Return) else value)}")
        return value if isinstance(value, Return) else None

    def swallows(self, op, error, immediate):
        if op["op"] in PROGRAM_ERRORS:
            return False
        catch = op.get("catch")
        return catch == "all" or ((immediate or catch == "errors") and isinstance(error, Exception))

    def run_callback(self, ops):
        for op in ops:
            kind = op["op"]
            try:
                value = getattr(self, "do_" + kind)(op)
            except Absent:
                self.mark(f"{op['n']}:{kind} absent")
            except BaseException as error:
                self.mark(f"{op['n']}:{kind} !{show_error(error)}")
                if not self.swallows(op, error, True):
                    raise
            else:
                self.mark(f"{op['n']}:{kind} {self.show(value)}")

    # Operations that do not wait

    def do_note(self, op):
        return None

    def do_spawn(self, op):
        return self.spawn(op["id"], op["ops"], self.create_eagerly if op.get("eager") else asyncio.create_task)

    def create_eagerly(self, coro):
        # In the order of creation: it may make others before it is there itself.
        place = len(self.tasks)
        task = asyncio.Task(coro, loop=self.loop, eager_start=True)
        self.tasks.insert(place, task)
        return task

    def do_groupSpawn(self, op):
        group = self.groups.get(op["group"])
        if group is None:
            raise Absent
        return self.spawn(op["id"], op["ops"], group.create_task)

    def do_cancel(self, op):
        target = self.ref(op["target"])
        return target.cancel(op["message"]) if "message" in op else target.cancel()

    def do_uncancel(self, op):
        return self.task(op["target"]).uncancel()

    def do_cancelling(self, op):
        return self.task(op["target"]).cancelling()

    def task(self, name):
        target = self.ref(name)
        if not isinstance(target, asyncio.Task):
            raise Absent
        return target

    def do_state(self, op):
        return self.state(self.ref(op["target"]))

    def do_setResult(self, op):
        self.ref(op["target"]).set_result(op["n"])

    def do_setError(self, op):
        self.ref(op["target"]).set_exception(Boom(op["n"]))

    def do_addCallback(self, op):
        def callback(future):
            self.mark(f"{op['n']}:called {self.state(future)}")
            self.run_callback(op["ops"])

        self.callbacks[op["id"]] = callback
        self.ref(op["target"]).add_done_callback(callback)

    def do_removeCallback(self, op):
        if op["id"] not in self.callbacks:
            raise Absent
        return self.ref(op["target"]).remove_done_callback(self.callbacks[op["id"]])

    def called(self, op):
        def callback():
            self.mark(f"{op['n']}:called")
            self.run_callback(op["ops"])

        return callback

    def do_callSoon(self, op):
        self.handles[op["id"]] = self.loop.call_soon(self.called(op))

    def do_callLater(self, op):
        self.handles[op["id"]] = self.loop.call_later(op["ms"], self.called(op))

    def do_cancelHandle(self, op):
        if op["id"] not in self.handles:
            raise Absent
        self.handles[op["id"]].cancel()

    def do_make(self, op):
        items = self.items(op)
        if op["kind"] == "gather":
            made = gather(items, op["returnExceptions"])
        elif not items:
            raise Absent
        else:
            made = asyncio.shield(items[0])
        return self.made(op["id"], made)

    def do_putNowait(self, op):
        self.queues[op["on"]].put_nowait(op["value"])

    def do_getNowait(self, op):
        return self.queues[op["on"]].get_nowait()

    def do_taskDone(self, op):
        self.queues[op["on"]].task_done()

    def do_shutdown(self, op):
        self.queues[op["on"]].shutdown(immediate=op["immediate"])

    def do_queueState(self, op):
        queue = self.queues[op["on"]]
        return [queue.qsize(), queue.empty(), queue.full()]

    def do_release(self, op):
        self.locks[op["on"]].release()

    def do_locked(self, op):
        return self.locks[op["on"]].locked()

    def do_releasePermit(self, op):
        self.semaphores[op["on"]].release()

    def do_permitLocked(self, op):
        return self.semaphores[op["on"]].locked()

    def do_setEvent(self, op):
        self.events[op["on"]].set()

    def do_clearEvent(self, op):
        self.events[op["on"]].clear()

    def do_eventIsSet(self, op):
        return self.events[op["on"]].is_set()

    def do_notify(self, op):
        self.conditions[op["on"]].notify(op["limit"])

    def do_notifyAll(self, op):
        self.conditions[op["on"]].notify_all()

    def do_barrierState(self, op):
        barrier = self.barriers[op["on"]]
        return [barrier.n_waiting, barrier.broken]

    def do_reschedule(self, op):
        scope = self.timeouts.get(op["id"])
        if scope is None:
            raise Absent
        scope.reschedule(None if op["ms"] is None else self.loop.time() + op["ms"])

    def do_expired(self, op):
        scope = self.timeouts.get(op["id"])
        if scope is None:
            raise Absent
        return [scope.expired(), scope.when()]

    def do_raise(self, op):
        raise Boom(op["n"])

    def do_raiseCancelled(self, op):
        raise asyncio.CancelledError(op["message"])

    def do_return(self, op):
        return Return(op["n"])

    def do_setVariable(self, op):
        variable.set(op["n"])

    def do_getVariable(self, op):
        return variable.get()

    # Operations that wait

    async def wait_sleep(self, op):
        return await asyncio.sleep(op["ms"], op["n"])

    async def wait_call(self, op):
        return await self.run_ops(op["ops"])

    async def wait_try(self, op):
        result = None
        try:
            result = await self.run_ops(op["ops"])
        except GeneratorExit:
            raise
        except BaseException as error:
            caught = isinstance(error, Exception) if op["catches"] == "errors" else op["catches"] == "all"
            if not caught:
                raise
            self.mark(f"{op['n']}:caught {show_error(error)}")
            result = await self.run_ops(op["handler"])
        finally:
            if self.open:
                await self.run_ops(op["finally"])
        return result

    async def wait_await(self, op):
        return await self.ref(op["target"])

    async def wait_gather(self, op):
        return await gather(self.items(op), op["returnExceptions"])

    async def wait_wait(self, op):
        items = [self.future(item) for item in self.items(op)]
        done, pending = await asyncio.wait(items, timeout=op["ms"], return_when=op["returnWhen"])
        return [list(done), list(pending)]

    async def wait_waitFor(self, op):
        return await asyncio.wait_for(self.only_item(op), op["ms"])

    async def wait_shield(self, op):
        return await asyncio.shield(self.only_item(op))

    async def wait_timeout(self, op):
        async with asyncio.timeout(op["ms"]) as scope:
            self.timeouts[op["id"]] = scope
            return await self.run_ops(op["ops"])

    async def wait_group(self, op):
        async with asyncio.TaskGroup() as group:
            self.groups[op["id"]] = group
            return await self.run_ops(op["ops"])

    async def wait_asCompleted(self, op):
        results = []
        left = op["limit"]
        for future in asyncio.as_completed(self.items(op), timeout=op["ms"]):
            left -= 1
            if left < 0:
                future.close()
                break
            try:
                results.append(await future)
            except Exception as error:
                results.append(error)
            self.mark(f"{op['n']}:next {self.show(results[-1])}")
        return results

    async def wait_put(self, op):
        await self.queues[op["on"]].put(op["value"])

    async def wait_get(self, op):
        return await self.queues[op["on"]].get()

    async def wait_join(self, op):
        await self.queues[op["on"]].join()

    async def wait_acquire(self, op):
        return await self.locks[op["on"]].acquire()

    async def wait_withLock(self, op):
        async with self.locks[op["on"]]:
            return await self.run_ops(op["ops"])

    async def wait_acquirePermit(self, op):
        return await self.semaphores[op["on"]].acquire()

    async def wait_withPermit(self, op):
        async with self.semaphores[op["on"]]:
            return await self.run_ops(op["ops"])

    async def wait_waitEvent(self, op):
        return await self.events[op["on"]].wait()

    async def wait_withCondition(self, op):
        async with self.conditions[op["on"]]:
            return await self.run_ops(op["ops"])

    async def wait_waitCondition(self, op):
        return await self.conditions[op["on"]].wait()

    async def wait_waitConditionFor(self, op):
        event = self.events[op["event"]]

        def predicate():
            self.mark(f"{op['n']}:tested {self.show(event.is_set())}")
            return event.is_set()

        return await self.conditions[op["on"]].wait_for(predicate)

    async def wait_waitBarrier(self, op):
        # Not its number: see docs/coming-from-python.md.
        await self.barriers[op["on"]].wait()

    async def wait_resetBarrier(self, op):
        await self.barriers[op["on"]].reset()

    async def wait_abortBarrier(self, op):
        await self.barriers[op["on"]].abort()


def main():
    if sys.version_info < (3, 13):
        raise SystemExit("Python 3.13 or newer is needed")
    warnings.simplefilter("ignore")
    logging.disable()
    give_sets_an_order()
    asyncio.tasks._GatheringFuture = GatheringFuture
    version = ".".join(map(str, sys.version_info[:3]))
    shields = hasattr(asyncio.tasks, "_log_on_exception")
    print(json.dumps({"version": version, "reportsShields": shields}), flush=True)
    for line in sys.stdin:
        print(json.dumps(Run(json.loads(line)).run()), flush=True)


main()
