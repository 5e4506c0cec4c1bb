// Writes jobs until the disk takes no more, and once more when it is told to: node level-full.mjs <folder>
import { once } from 'node:events';

import { levelStore } from '@wirewright/gearman/store-level';

const store = levelStore({ location: process.argv[2] });
await store.open({ adopted() {}, lost() {} });
let next = await store.reserve(100_000);
const acknowledged = [];

async function write() {
  const put = Array.from({ length: 16 }, () => job(next++));
  await store.commit({ put, remove: [] });
  acknowledged.push(...put.map(({ id }) => id));
}

function job(id) {
  return {
    id,
    handle: `H:t:${id}`,
    function: Buffer.from('f'),
    unique: Buffer.alloc(0),
    payload: Buffer.alloc(1000, `${id}.`),
    priority: 1,
    when: 0,
    reducer: undefined,
    attempts: 0,
    schedule: '',
  };
}

/** Whether it was acknowledged. */
const tried = () =>
  write().then(
    () => true,
    () => false,
  );

while (await tried());
// Again and again, as clients do.
for (let i = 0; i < 3; i++) await tried();
console.log('full');
await once(process.stdin, 'data');
for (let i = 0; i < 50; i++) await write();
const reserved = await store.reserve(1);
await store.close();
console.log(JSON.stringify({ acknowledged, reserved }));
process.exit();
