import PQueue from "p-queue";
import { limiterPrograms } from "../lib/limiter-programs.mjs";

export const programs = limiterPrograms((concurrency) => {
  const queue = new PQueue({ concurrency });
  return (body) => queue.add(body);
});
