/** The load generator where there is no C compiler: same arguments and output as native/load.c, but slower. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** How long the load goes on after "done" unless stdin closes, in ms. */
const TAIL_MS = 3000;

/** The only cipher suite to offer, for TLS. */
const suite = process.argv[2] === '--tls' ? process.argv[3]! : undefined;
const args = process.argv.slice(suite === undefined ? 2 : 4);
const [port = 0, connections = 0, depth = 0, warmSeconds = 0, seconds = 0, , payloadBytes = 0] = args.map(Number);
const [requestPrefix, replyPrefix, suffix] = args.slice(7).map((hex) => Buffer.from(hex === '-' ? '' : hex, 'hex'));
let replyBytes = 0;
let turnarounds: number[] = [];

function print(answer: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function fail(reason: string): void {
  // Exit only when it is written: writes to a pipe may be asynchronous.
  process.stdout.write(`${JSON.stringify({ phase: 'failed', reason })}\n`, () => process.exit(1));
}

/** Payloads that differ on every connection and frame, so that mixed-up replies show. */
function batchOf(index: number, prefix: Buffer): Buffer {
  const frames = Array.from({ length: depth }, (_frame, frame) => {
    const payload = Buffer.allocUnsafe(payloadBytes);
    for (let at = 0; at < payloadBytes; at++) payload[at] = 33 + ((index * 31 + frame * 7 + at) % 90);
    return Buffer.concat([prefix, payload, suffix!]);
  });
  return Buffer.concat(frames);
}

/** Sends the batch, compares what comes back, and sends again once all of it is answered. */
function run(socket: Socket, batch: Buffer, expected: Buffer): void {
  let answered = 0;
  let sentAt = 0;
  const send = (): void => {
    answered = 0;
    sentAt = performance.now();
    socket.write(batch);
  };
  socket.on('data', (chunk) => {
    const end = answered + chunk.length;
    if (end > expected.length) return fail('the server sent more than it was asked for');
    if (chunk.compare(expected, answered, end) !== 0) return fail('the server sent other bytes back');
    replyBytes += chunk.length;
    answered = end;
    if (end < expected.length) return;
    turnarounds.push(performance.now() - sentAt);
    send();
  });
  send();
}

function percentileUs(share: number): number {
  const sorted = Float64Array.from(turnarounds);
  sorted.sort();
  return Math.round((sorted[Math.floor(share * sorted.length)] ?? 0) * 10_000) / 10;
}

function measure(): void {
  replyBytes = 0;
  turnarounds = [];
  const begun = performance.now();
  print({ phase: 'measuring' });
  setTimeout(() => {
    const elapsed = (performance.now() - begun) / 1000;
    const replies = replyBytes / (replyPrefix!.length + payloadBytes + suffix!.length);
    print({ phase: 'done', replies, seconds: elapsed, p50_us: percentileUs(0.5), p99_us: percentileUs(0.99) });
    setTimeout(() => process.exit(), TAIL_MS);
  }, seconds * 1000);
}

/** Resolves when the connection stands, with the handshake of TLS behind it. */
function open(): Promise<Socket> {
  const to = { port, host: '127.0.0.1', noDelay: true };
  const socket =
    suite === undefined
      ? connect(to)
      : connectTls({ ...to, ciphers: suite, minVersion: 'TLSv1.3', rejectUnauthorized: false });
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('the server closed a connection'));
  return new Promise((resolve) => {
    socket.once(suite === undefined ? 'connect' : 'secureConnect', () => resolve(socket));
  });
}

process.stdin.on('end', () => process.exit()).resume();
const sockets = await Promise.all(Array.from({ length: connections }, open));
for (const [index, socket] of sockets.entries()) {
  run(socket, batchOf(index, requestPrefix!), batchOf(index, replyPrefix!));
}
setTimeout(measure, warmSeconds * 1000);
