// oxlint-disable no-await-in-loop -- what is measured must run alone
import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';

import type { Benchmark } from '../benchmark.ts';
import type { ServerKind } from '../load/server-kind.ts';
import { ServerProcess } from '../load/server-process.ts';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import { Progress } from '../progress.ts';
import { table } from '../table.ts';

/** What is promised: this much resident memory for each idle connection above bare `node:net`, in bytes. */
const MOST_ABOVE_BARE = 2048;

/** Connections opened at a time: more would overflow the backlog. */
const AT_ONCE = 200;

/** A connection that has sent one line and received its echo. */
function openAndSay(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
    socket.write(`${'x'.repeat(63)}\n`);
  });
}

async function openMany(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => openAndSay(port));
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000));

/** Resident bytes of a fresh server of `kind` for each of `count` connections. */
async function bytesPerConnection(kind: ServerKind, node: string, count: number): Promise<number> {
  const server = await ServerProcess.start(kind, node, []);
  const sockets = await openMany(server.port, AT_ONCE);
  try {
    // The first ones pay for what is compiled and allocated once.
    await settle();
    const before = await server.sample();
    sockets.push(...(await openMany(server.port, count)));
    await settle();
    const after = await server.sample();
    return (after.rssBytes - before.rssBytes) / count;
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
}

/** What a connection costs that does nothing, against bare `node:net`. */
export const idleBenchmark: Benchmark = {
  summary: 'memory of an idle connection, against bare node:net',
  shortPass: ['--connections', '4000', '--rounds', '1'],
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        connections: { type: 'string', default: '10000' },
        rounds: { type: 'string', default: '3' },
        node: { type: 'string', default: process.execPath },
      },
    });
    const count = Number(values.connections);
    const rounds = Number(values.rounds);
    const progress = new Progress();
    const kinds: ServerKind[] = ['bare', 'line-string', 'line-bytes', 'line-view'];
    const bytes = new Map<ServerKind, number[]>(kinds.map((kind) => [kind, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const kind of kinds) {
        progress.begin(`idle ${kind}, round ${round} of ${rounds}`);
        bytes.get(kind)!.push(await bytesPerConnection(kind, values.node, count));
      }
    }
    progress.clear();
    const { cpu, cores, system } = describeMachine();
    process.stdout.write(
      `${count} idle connections that each sent one line; ${cpu}, ${cores} cores, ${system}; ${values.node}\n\n`,
    );
    const bare = median(bytes.get('bare')!);
    const rows = kinds.map((kind) => {
      const each = median(bytes.get(kind)!);
      const above = each - bare;
      const verdict = above <= MOST_ABOVE_BARE ? 'met' : 'MISSED';
      return kind === 'bare'
        ? [kind, '', '', each.toFixed(0), '']
        : [kind, `<= ${MOST_ABOVE_BARE}`, verdict, each.toFixed(0), above.toFixed(0)];
    });
    process.stdout.write(`${table(['server', 'limit', '', 'bytes each', 'above bare'], rows, 1)}\n`);
  },
};
