import { coro, sleep } from "asyncscope";

/** Lets `count` iterations of the loop pass. */
export const turns = coro(function* (count: number) {
  for (let i = 0; i < count; i++) yield* sleep(0);
});
