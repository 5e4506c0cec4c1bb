// Opens a store and does what it is told in lines, a line of JSON for each: node postgres-actor.mjs <connection> <schema> <server> <lease>
import { createInterface } from 'node:readline';

import { postgresStore } from '@wirewright/gearman/store-postgres';

import { job } from './stored-job.mjs';

const [connection, schema, server, lease] = process.argv.slice(2);
const store = postgresStore({ connection, schema, server, lease: Number(lease), takeOver: false });
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const { jobs } = await store.open({ adopted() {}, lost: ({ code }) => say({ lost: code }) });
say({ opened: jobs.map(({ id }) => id) });

for await (const line of createInterface({ input: process.stdin })) {
  const id = Number(line);
  store.commit({ put: [job(id)], remove: [] }).then(
    () => say({ committed: id }),
    ({ code }) => say({ refused: id, code }),
  );
}
