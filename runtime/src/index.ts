/// <reference lib="esnext.disposable" preserve="true" />
/**
 * asyncio for TypeScript: coroutines, tasks with cancellation, task groups, timeouts, queues and locks.
 * Durations are milliseconds. Every awaitable serves both forms: `yield*` in a generator coroutine, `await` in an
 * async function.
 */
import "./core/await-strand.js";
import "./inspect/activate.js";
import "./introspect/task-stack.js";
import "./subprocess/loop-methods.js";
import "./threads/loop-methods.js";
import "./transports/loop-methods.js";

export type { Emitter } from "./bridges/emitter.js";
export { EventReader } from "./bridges/event-reader.js";
export type { EventReaderOptions } from "./bridges/event-reader.js";
export { fromCallback } from "./bridges/from-callback.js";
export type { NodeCallback } from "./bridges/from-callback.js";
export { iterate } from "./bridges/iterate.js";
export type { AsyncItems } from "./bridges/iterate.js";
export { openReader, openWriter } from "./bridges/node-streams.js";
export { once } from "./bridges/once.js";
export type { Awaitable, Suspension } from "./core/awaitable.js";
export { coro, Coroutine, isCoroutine, isCoroutineFunction } from "./core/coroutine.js";
export type { CoroutineGenerator } from "./core/coroutine.js";
export type { Body } from "./core/async-call.js";
export { BaseEventLoop } from "./core/base-event-loop.js";
export type { TaskFactory } from "./core/base-event-loop.js";
export { SystemClock } from "./core/clock.js";
export type { Clock } from "./core/clock.js";
export { Context, ContextVar, copyContext, Token } from "./core/context.js";
export {
  CancelledError,
  ExceptionGroup,
  FatalError,
  InvalidStateError,
  isCancelled,
  KeyboardInterrupt,
  LookupError,
  RuntimeError,
  SystemExit,
  TimeoutError,
  ValueError,
} from "./core/errors.js";
export { enterTask, leaveTask } from "./core/enter-task.js";
export { EventLoop, newEventLoop } from "./core/event-loop.js";
export type { EventLoopOptions } from "./core/event-loop.js";
export type { ExceptionContext, ExceptionHandler } from "./core/exception-handler.js";
export { Future, isFuture } from "./core/future.js";
export { Handle, TimerHandle } from "./core/handle.js";
export { registerTask, unregisterTask } from "./core/register-task.js";
export { logger } from "./core/logger.js";
export type { LogRecord } from "./core/logger.js";
export { getEventLoop, getRunningLoop, setEventLoop, tryGetRunningLoop } from "./core/running-loop.js";
export { currentTask, Task } from "./core/task.js";
export type { Startable, TaskOptions } from "./core/task.js";
export { futureAddToAwaitedBy, futureDiscardFromAwaitedBy } from "./introspect/awaited-by.js";
export type { CallGraphOptions, FrameCallGraphEntry, FutureCallGraph } from "./introspect/call-graph.js";
export { captureCallGraph } from "./introspect/capture-call-graph.js";
export { formatCallGraph, printCallGraph } from "./introspect/format-call-graph.js";
export type { TextSink } from "./introspect/format-call-graph.js";
export { QueueEmpty, QueueFull, QueueShutDown } from "./queues/errors.js";
export { LifoQueue } from "./queues/lifo-queue.js";
export { PriorityQueue } from "./queues/priority-queue.js";
export { Queue } from "./queues/queue.js";
export type { QueueStatistics } from "./queues/queue.js";
export type { Compare } from "./queues/sorted-list.js";
export { FlowControlMixin } from "./streams/flow-control.js";
export { IncompleteReadError, LimitOverrunError } from "./streams/errors.js";
export { openConnection, openUnixConnection } from "./streams/open-connection.js";
export type { StreamLimit, StreamPair } from "./streams/open-connection.js";
export { startServer, startUnixServer } from "./streams/start-server.js";
export { StreamReader } from "./streams/stream-reader.js";
export type { StreamReaderOptions } from "./streams/stream-reader.js";
export { StreamReaderProtocol } from "./streams/stream-reader-protocol.js";
export type { ClientConnected } from "./streams/stream-reader-protocol.js";
export { StreamWriter } from "./streams/stream-writer.js";
export { createSubprocessExec, createSubprocessShell } from "./subprocess/create-subprocess.js";
export type { NoStreams, ProcessOf } from "./subprocess/create-subprocess.js";
export { BrokenPipeError, ProcessLookupError } from "./subprocess/errors.js";
export { DEVNULL, PIPE, STDOUT } from "./subprocess/options.js";
export type { Stdio, SubprocessOptions, SubprocessShellOptions } from "./subprocess/options.js";
export { Process } from "./subprocess/process.js";
export type { Collected } from "./subprocess/process.js";
export type { SubprocessProtocol, SubprocessTransport } from "./subprocess/protocol.js";
export type { SubprocessConnection } from "./subprocess/start.js";
export { SubprocessStreamProtocol } from "./subprocess/stream-protocol.js";
export { BaseSubprocessTransport } from "./subprocess/subprocess-transport.js";
export type { SubprocessTransportOptions } from "./subprocess/subprocess-transport.js";
export { Barrier } from "./sync/barrier.js";
export type { BarrierState, BarrierStatistics } from "./sync/barrier.js";
export { Condition } from "./sync/condition.js";
export type { ConditionOptions, ConditionStatistics, Truthy } from "./sync/condition.js";
export { BrokenBarrierError } from "./sync/errors.js";
export { Event } from "./sync/event.js";
export type { EventStatistics } from "./sync/event.js";
export { Lock } from "./sync/lock.js";
export type { LockGuard, LockStatistics } from "./sync/lock.js";
export type { PrimitiveOptions, PrimitiveStatistics } from "./sync/primitive.js";
export { BoundedSemaphore, Semaphore } from "./sync/semaphore.js";
export type { SemaphoreStatistics } from "./sync/semaphore.js";
export { asCompleted } from "./tasks/as-completed.js";
export type { AsCompleted, AsCompletedOptions, CompletedFuture } from "./tasks/as-completed.js";
export { allTasks, createTask } from "./tasks/create-task.js";
export { asyncGen } from "./tasks/async-generators.js";
export { createEagerTaskFactory, eagerTaskFactory } from "./tasks/eager-tasks.js";
export type { TaskConstructor } from "./tasks/eager-tasks.js";
export { ensureFuture } from "./tasks/ensure-future.js";
export type { AwaitableArgument, ResultOf } from "./tasks/ensure-future.js";
export { gather } from "./tasks/gather.js";
export type { GatherOptions } from "./tasks/gather.js";
export { run } from "./tasks/run.js";
export { Runner } from "./tasks/runner.js";
export type { RunOptions } from "./tasks/runner.js";
export { shield } from "./tasks/shield.js";
export { sleep } from "./tasks/sleep.js";
export { TaskGroup, taskGroup } from "./tasks/task-group.js";
export { Timeout, timeout, timeoutAt } from "./tasks/timeout.js";
export { until } from "./tasks/until.js";
export { ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, wait } from "./tasks/wait.js";
export type { ReturnWhen, WaitOptions, WaitResult } from "./tasks/wait.js";
export { waitFor } from "./tasks/wait-for.js";
export type { ConcurrentFuture } from "./threads/concurrent-future.js";
export { BrokenWorkerError } from "./threads/errors.js";
export type { ErrorClass, ErrorClasses } from "./threads/error-transfer.js";
export { exposeLoop } from "./threads/expose-loop.js";
export type { ExposeLoopOptions, LoopExposure } from "./threads/expose-loop.js";
export { remoteLoop } from "./threads/remote-loop.js";
export type { RemoteHandle, RemoteLoop } from "./threads/remote-loop.js";
export { runCoroutineThreadsafe } from "./threads/run-coroutine-threadsafe.js";
export { toThread } from "./threads/to-thread.js";
export { transfer } from "./threads/transfer.js";
export type { Transferable } from "./threads/transfer.js";
export type { ModuleReference } from "./threads/work.js";
export { WorkerPool } from "./threads/worker-pool.js";
export type { ShutdownOptions, WorkerPoolOptions, WorkerPoolStatistics } from "./threads/worker-pool.js";
export type { SocketAddress } from "./transports/address.js";
export type {
  ConnectionOptions,
  ProtocolFactory,
  StreamProtocol,
  UnixConnectionOptions,
} from "./transports/connect.js";
export type { DatagramEndpointOptions } from "./transports/datagram.js";
export { ConnectionResetError, SendfileNotAvailableError } from "./transports/errors.js";
export type { OpenSocket, ServerOptions, TcpServerOptions, UnixServerOptions } from "./transports/listen.js";
export type { AddressInfoOptions } from "./transports/names.js";
export type {
  BaseProtocol,
  BufferedProtocol,
  Connection,
  DatagramProtocol,
  Protocol,
} from "./transports/protocols.js";
export type { SendFileOptions } from "./transports/send-file.js";
export { Server } from "./transports/server.js";
export { staggeredRace } from "./transports/staggered-race.js";
export type { StaggeredRaceResult } from "./transports/staggered-race.js";
export type { StartTlsOptions } from "./transports/start-tls.js";
export type { ClientTlsOptions, ServerTlsOptions, TlsTimeouts } from "./transports/tls.js";
export { BaseTransport } from "./transports/transport.js";
export type {
  DatagramTransport,
  ExtraInfo,
  ReadTransport,
  Transport,
  WriteBufferLimits,
  WriteTransport,
} from "./transports/transport.js";
export { TransportSocket } from "./transports/transport-socket.js";
