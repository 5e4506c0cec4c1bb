// Writes jobs to a store as fast as it can, and says which are acknowledged: node level-writer.mjs <folder>
import { levelStore } from '@wirewright/gearman/store-level';

const store = levelStore({ location: process.argv[2] });
await store.open({ adopted() {}, lost() {} });
let next = await store.reserve(1_000_000);

async function write() {
  for (;;) {
    const put = Array.from({ length: 16 }, () => job(next++));
    await store.commit({ put, remove: put.slice(0, 4).map(({ id }) => id) });
    process.stdout.write(`${put.map(({ id }, index) => (index < 4 ? `-${id}` : `${id}`)).join('\n')}\n`);
  }
}

function job(id) {
  return {
    id,
    handle: `H:t:${id}`,
    function: Buffer.from('f'),
    unique: Buffer.alloc(0),
    payload: Buffer.from(`payload ${id}`),
    priority: 1,
    when: 0,
    reducer: undefined,
    attempts: 0,
    schedule: '',
  };
}

await Promise.all([write(), write(), write()]);
