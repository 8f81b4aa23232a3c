// Two customers of service.mjs who pay each other at the same time.
const port = Number(process.env.PORT ?? 8080);

async function pays(from, to) {
  const answer = await fetch(`http://127.0.0.1:${port}/${from}/${to}/10`, {
    signal: AbortSignal.timeout(3000),
  });
  return (await answer.text()).trim();
}

console.log(await pays("alice", "carol"));
const both = await Promise.allSettled([pays("alice", "bob"), pays("bob", "alice")]);
for (const { value, reason } of both) console.log(value ?? `no answer: ${reason.message}`);
