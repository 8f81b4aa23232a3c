// Runs the commands of a file side by side, as many at a time as there are processors:
//   job-runner jobs.txt [how many at a time]
// Each line is a command for the shell; `-` reads the lines from stdin. What a job writes appears when it has ended, so
// that the output of two is never mixed. Ctrl+C ends the jobs that run. The exit code is 1 when a job failed.
// While it runs, look at the semaphore `slots`, and at what each job waits for: its turn, or its process.
import { createReadStream } from "node:fs";
import { availableParallelism } from "node:os";
import {
  coro,
  createSubprocessShell,
  currentTask,
  DEVNULL,
  isCancelled,
  openReader,
  PIPE,
  run,
  Semaphore,
  sleep,
  STDOUT,
  TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
} from "asyncscope";
import type { Process } from "asyncscope";

const JOB_TIMEOUT = 10 * 60_000;
/** What a job is given to end by itself before it is killed. */
const GRACE = 2000;

interface Outcome {
  readonly command: string;
  readonly code: number;
  readonly seconds: number;
}

/** Asks a process to end, and makes it end when it does not. */
const end = coro(function* end(job: Process) {
  if (job.returnCode !== null) return;
  job.terminate();
  try {
    yield* timeout(GRACE, () => job.wait());
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    job.kill();
    yield* job.wait();
  }
});

const runJob = coro(function* runJob(command: string) {
  const started = performance.now();
  const job = yield* createSubprocessShell(command, { stdin: DEVNULL, stdout: PIPE, stderr: STDOUT });
  try {
    const [output] = yield* timeout(JOB_TIMEOUT, () => job.communicate());
    process.stdout.write(output);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.log(`# out of time: ${command}`);
  } finally {
    // However it ended: a job that is left must not go on.
    yield* end(job);
  }
  return { command, code: job.returnCode ?? 0, seconds: (performance.now() - started) / 1000 };
});

const main = coro(function* main(file: string, atATime: number) {
  const task = currentTask()!;
  process.once("SIGINT", () => void task.cancel("Ctrl+C"));
  const slots = new Semaphore(atATime, { name: "slots" });
  const outcomes: Outcome[] = [];
  const jobs = openReader(file === "-" ? process.stdin : createReadStream(file));
  yield* taskGroup(function* (group: TaskGroup) {
    let line;
    while ((line = yield* jobs.nextLine()) !== null) {
      const command = line.toString().trim();
      if (command === "" || command.startsWith("#")) continue;
      group.createTask(
        slots.withPermit(function* () {
          const outcome = yield* runJob(command);
          outcomes.push(outcome);
          const result = outcome.code === 0 ? "ok" : `failed with ${String(outcome.code)}`;
          console.log(`# ${result} after ${outcome.seconds.toFixed(1)} s: ${command}`);
        }),
        { name: command },
      );
      // Lets the job start: a long list is read while the first jobs run.
      yield* sleep(0);
    }
  });
  const failed = outcomes.filter(({ code }) => code !== 0).length;
  console.log(`# ${String(outcomes.length)} jobs, ${String(failed)} failed`);
  return failed === 0 ? 0 : 1;
});

const [file = "-", atATime = String(availableParallelism())] = process.argv.slice(2);
try {
  process.exitCode = await run(main(file, Number(atATime)));
} catch (error) {
  if (!isCancelled(error)) throw error;
  console.log("# ended by Ctrl+C");
  process.exitCode = 130;
}
