/**
 * Entry of the sending process: `node send-frames.js <port>`. For each line on stdin, a size in bytes, it sends one frame of that
 * size to 127.0.0.1:port, in writes of 16 KiB. Exits when stdin closes.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const CHUNK = 16 * 1024;
const chunk = Buffer.alloc(CHUNK, 1);
const socket = connect({ port: Number(process.argv[2]), host: '127.0.0.1', noDelay: true });

for await (const line of createInterface({ input: process.stdin })) {
  const size = Number(line);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(size);
  socket.write(header);
  for (let at = 0; at < size; at += CHUNK) {
    // oxlint-disable-next-line no-await-in-loop -- backpressure
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
}
process.exit();
