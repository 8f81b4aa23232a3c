interface Item {
  readonly id: number;
}

enum Kind {
  A,
  B,
}

async function load(item: Item): Promise<void> {
  await new Promise<void>(() => {});
  console.log(Kind.A, item);
}

async function main(): Promise<void> {
  await Promise.all([load({ id: 1 }), load({ id: 2 })]);
}

void main();
