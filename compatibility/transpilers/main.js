// Babel compiles it: the lines below are no longer the same.
const load = async ({ id, ...rest }) => {
  await new Promise(() => {});
  return rest ?? id;
};
async function main() {
  await Promise.all([load({ id: 1 }), load({ id: 2 })]);
}
main();
