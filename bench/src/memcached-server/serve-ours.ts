/** Entry of our server's process: `node serve-ours.js <port> <megabytes>`. */
import { MemcachedServer } from '@wirewright/memcached';

const [port, megabytes] = process.argv.slice(2).map(Number);
await new MemcachedServer({ memoryLimit: megabytes! * 1024 * 1024 }).listen({ port: port!, host: '127.0.0.1' });
