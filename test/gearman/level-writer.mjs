// Writes jobs to a store as fast as it can, and says which are acknowledged: node level-writer.mjs <folder>
import { levelStore } from '@wirewright/gearman/store-level';

import { job } from './stored-job.mjs';

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

await Promise.all([write(), write(), write()]);
