import fastq from "fastq";
import { limiterPrograms } from "../lib/limiter-programs.mjs";

export const programs = limiterPrograms((concurrency) => {
  const queue = fastq.promise((body) => body(), concurrency);
  return (body) => queue.push(body);
});
