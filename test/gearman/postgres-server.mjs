// A job server whose jobs are in a database, on a free port that it prints: node postgres-server.mjs <connection> <schema> <server> <lease>
import { JobServer } from '@wirewright/gearman';
import { postgresStore } from '@wirewright/gearman/store-postgres';

const [connection, schema, name, lease] = process.argv.slice(2);
const store = postgresStore({ connection, schema, server: name, lease: Number(lease) });
const server = new JobServer({ handlePrefix: `H:${name}`, store });
await server.listen({ port: 0, host: '127.0.0.1' });
server.closeOnSignals();
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
