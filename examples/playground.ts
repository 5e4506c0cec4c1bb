/*
 * What `npm start` runs: five servers of five protocols in one process, and a conversation with each by its own client. Then they go on serving
 * whoever is on this machine, and show what is said.
 *
 *   npm start -- [--once] [--bytes]
 *
 *   --once    ends behind the conversations, which are on free ports then
 *   --bytes   shows the bytes of each frame, too
 */
import { parseArgs } from 'node:util';

import { onStopSignals } from '@wirewright/core';
import { MemoryStore } from '@wirewright/memcached';

import { gearman } from './playground/gearman.ts';
import { lineEcho } from './playground/line-echo.ts';
import { LOOPBACK } from './playground/loopback.ts';
import { memcached } from './playground/memcached.ts';
import { openStand } from './playground/open-stand.ts';
import { quasizero } from './playground/quasizero.ts';
import { showTraffic } from './playground/show-traffic.ts';
import type { Stand } from './playground/stand.ts';
import { Transcript } from './playground/transcript.ts';
import { run } from './run.ts';

const MAX_BYTES = 128;

/** Prints how to talk to the stands from a shell. */
function invite(open: ReadonlyMap<Stand, number>): void {
  console.log('\nStill serving. From another shell, in this folder:\n');
  for (const [stand, port] of open) {
    for (const [i, text] of stand.shellLines(port).entries()) {
      console.log(`  ${(i === 0 ? stand.name : '').padEnd(17)} ${text}`);
    }
  }
  console.log(
    '\n(Debian has nc in netcat-openbsd, mem... in libmemcached-tools, and gear... in gearman-tools; Node you have.)',
  );
  console.log('\nWhat comes and goes is shown here. Ctrl-C ends it all.\n');
}

await run(async () => {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, bytes: { type: 'boolean', default: false } },
  });
  const maxBytes = values.bytes ? MAX_BYTES : 0;

  console.log(
    'Wirewright speaks five protocols: what a client calls, the frames that go (->) and come (<-), and what it gets (=).',
  );

  const store = new MemoryStore();
  const stands = [lineEcho(), memcached('text', store), memcached('binary', store), gearman(), quasizero()];
  const stopped = new Promise<void>((resolve) => {
    const destroy = (): void => {
      for (const { server } of stands) server.destroy();
    };
    onStopSignals(['SIGINT', 'SIGTERM'], resolve, destroy);
  });
  const open = new Map<Stand, number>();
  try {
    for (const stand of stands) {
      const port = await openStand(stand, !values.once);
      open.set(stand, port);
      const why = values.once || port === stand.usualPort ? '' : `, as ${stand.usualPort} is taken`;
      console.log(`\n${stand.name}: ${LOOPBACK}:${port}${why}`);
      const transcript = new Transcript(port, maxBytes);
      await stand.converse(port, transcript);
      transcript.stop();
    }
    if (values.once) return;

    invite(open);
    for (const [{ name }, port] of open) showTraffic(name, port, maxBytes);
    await stopped;
    console.log('closing');
  } finally {
    for (const stand of stands) await stand.close?.();
    await Promise.all(stands.map(({ server }) => server.close()));
  }
});
