// A job server with a store, on a free port that it prints: node durable-server.mjs <folder> [sync]
import { JobServer } from '@wirewright/gearman';
import { levelStore } from '@wirewright/gearman/store-level';

const [location, sync] = process.argv.slice(2);
const server = new JobServer({ handlePrefix: 'H:t', store: levelStore({ location, sync }) });
await server.listen({ port: 0, host: '127.0.0.1' });
server.closeOnSignals();
process.stdout.write(`${JSON.stringify({ pid: process.pid, port: server.port, damage: server.damage })}\n`);
