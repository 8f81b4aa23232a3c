interface Item {
  readonly id: number;
}

enum Kind {
  Fresh,
  Stored,
}

class Shelf {
  constructor(readonly items: readonly Item[]) {}
}

async function load({ id }: Item, kind: Kind = Kind.Stored): Promise<string> {
  const label = `item ${id}`;

  type Later = Promise<string>;
  const answer = await (new Promise((done) => setTimeout(done, 5, label)) satisfies Later); // @await
  const shelf = new Shelf([{ id }]);
  return `${answer} of ${shelf.items.length}, ${Kind[kind]}`; // @return
}

async function main(): Promise<void> {
  console.log(await load({ id: 7 })); // @call
}

void main();
