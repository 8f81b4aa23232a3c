import pLimit from "p-limit";
import { limiterPrograms } from "../lib/limiter-programs.mjs";

export const programs = limiterPrograms((concurrency) => pLimit(concurrency));
