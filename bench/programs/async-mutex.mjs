import { Mutex, Semaphore } from "async-mutex";
import { limiterPrograms } from "../lib/limiter-programs.mjs";

export const programs = limiterPrograms((concurrency) => {
  const mutex = concurrency === 1 ? new Mutex() : new Semaphore(concurrency);
  return (body) => mutex.runExclusive(body);
});
