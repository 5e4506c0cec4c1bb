/** Entry of our server's process: `node serve-ours.js <port> [folder of the store]`. */
import { JobServer } from '@wirewright/gearman';
import { levelStore } from '@wirewright/gearman/store-level';

const [port, location] = process.argv.slice(2);
const store = location === undefined ? undefined : levelStore({ location });
await new JobServer({ store }).listen({ host: '127.0.0.1', port: Number(port) });
