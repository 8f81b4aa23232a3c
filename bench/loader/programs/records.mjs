// A store in memory, behind an async function, that the servers answer from.
const records = Array.from({ length: 1000 }, (_, id) => ({
  id,
  name: `record ${id}`,
  tags: ["a", "b", "c"],
}));

export async function find(id) {
  await null;
  return records[id % records.length];
}
