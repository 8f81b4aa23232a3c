const Kind = { Stored: "Stored" };

class Shelf {
  #items;
  constructor(items) {
    this.#items = items;
  }
  get size() {
    return this.#items?.length ?? 0;
  }
}

const load = async ({ id, ...rest }, kind = rest.kind ?? Kind.Stored) => {
  const label = `item ${id}`;

  const answer = await new Promise((done) => setTimeout(done, 5, label)); // @await
  const shelf = new Shelf([{ id }]);
  return `${answer} of ${shelf.size}, ${kind}`; // @return
};

async function main() {
  console.log(await load({ id: 7 })); // @call
}

main();
