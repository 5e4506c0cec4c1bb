/** The load generator where there is no C compiler: same arguments and output as native/echo-load.c, but slower. */
import { connect, type Socket } from 'node:net';

const LINE = 64;
/** How long the load goes on after "done" unless stdin closes, in ms. */
const TAIL_MS = 3000;

const [port = 0, connections = 0, depth = 0, warmSeconds = 0, seconds = 0] = process.argv.slice(2).map(Number);
let lines = 0;
let turnarounds: number[] = [];

function print(answer: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function fail(reason: string): void {
  // Exit only when it is written: writes to a pipe may be asynchronous.
  process.stdout.write(`${JSON.stringify({ phase: 'failed', reason })}\n`, () => process.exit(1));
}

/** Lines that differ on every connection and line, so that mixed-up replies show. */
function batchOf(index: number): Buffer {
  return Buffer.from(
    Array.from({ length: depth * LINE }, (_, at) => {
      const column = at % LINE;
      return column === LINE - 1 ? 10 : 33 + ((index * 31 + Math.floor(at / LINE) * 7 + column) % 90);
    }),
  );
}

/** Sends the batch, compares what comes back, and sends again once all of it is answered. */
function run(socket: Socket, batch: Buffer): void {
  let answered = 0;
  let sentAt = 0;
  const send = (): void => {
    answered = 0;
    sentAt = performance.now();
    socket.write(batch);
  };
  socket.on('data', (chunk) => {
    const end = answered + chunk.length;
    if (end > batch.length) return fail('the server sent more than it was sent');
    if (chunk.compare(batch, answered, end) !== 0) return fail('the server sent other bytes back');
    lines += Math.floor(end / LINE) - Math.floor(answered / LINE);
    answered = end;
    if (end < batch.length) return;
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
  lines = 0;
  turnarounds = [];
  const begun = performance.now();
  print({ phase: 'measuring' });
  setTimeout(() => {
    const elapsed = (performance.now() - begun) / 1000;
    print({ phase: 'done', lines, seconds: elapsed, p50_us: percentileUs(0.5), p99_us: percentileUs(0.99) });
    setTimeout(() => process.exit(), TAIL_MS);
  }, seconds * 1000);
}

process.stdin.on('end', () => process.exit()).resume();
for (let index = 0; index < connections; index++) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.once('connect', () => run(socket, batchOf(index)));
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('the server closed a connection'));
}
setTimeout(measure, warmSeconds * 1000);
