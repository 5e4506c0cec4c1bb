/** Entry of our server's process: `node serve-ours.js <port>`. */
import { JobServer } from '@wirewright/gearman';

const [port] = process.argv.slice(2);
await new JobServer().listen({ host: '127.0.0.1', port: Number(port) });
