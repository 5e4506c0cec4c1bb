// oxlint-disable no-await-in-loop -- more at once would overflow the backlog
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { knock } from '../load/knock.ts';
import { MeasuredProcess } from '../process/measured-process.ts';

/** Connections opened at a time: more would overflow the backlog. */
const AT_ONCE = 200;

/** For how long a server is left alone before its memory is looked at, in ms. */
const SETTLE_MS = 1000;

/** Resident bytes of a fresh echo server for each of `count` connections that have sent a line and then do nothing. */
export async function bytesPerConnection(command: readonly string[], count: number): Promise<number> {
  const server = await MeasuredProcess.start('idle', command, knock);
  const sockets: Socket[] = [];
  try {
    await openMany(server.port, AT_ONCE, sockets);
    // The first ones pay for what is compiled and allocated once.
    await setTimeout(SETTLE_MS);
    const before = server.usage().rssBytes;
    await openMany(server.port, count, sockets);
    await setTimeout(SETTLE_MS);
    return (server.usage().rssBytes - before) / count;
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
}

/** Adds as many to those that are open. */
async function openMany(port: number, count: number, sockets: Socket[]): Promise<void> {
  for (const most = sockets.length + count; sockets.length < most;) {
    const batch = Array.from({ length: Math.min(AT_ONCE, most - sockets.length) }, () => openAndSay(port));
    sockets.push(...(await Promise.all(batch)));
  }
}

/** A connection that has sent one line and received its echo. */
function openAndSay(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
    socket.write(`${'x'.repeat(63)}\n`);
  });
}
