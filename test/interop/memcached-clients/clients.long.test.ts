import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Running } from '../../support/programs.ts';
import { type Foreign, foreignClients, PATIENT_CHECKS } from './foreign-clients.ts';
import { type Finish, isReal, PASSWORD, Servers, type Start, USER, type Way } from './servers.ts';

/** Some of them wait for items to expire. */
const PATIENCE = { timeout: 60_000 };

/** What a client has to say of a server, line by line. */
async function reportOf({ interpreter, script }: Foreign, args: readonly string[], finish: Finish): Promise<string[]> {
  const running = new Running(interpreter, [fileURLToPath(new URL(script, import.meta.url)), ...args]);
  finish(async () => running.destroy());
  const lines = (): string[] => running.output.split('\n').filter((line) => line !== '');
  return (await running.ended) === 0 ? lines() : [...lines(), `ended with ${running.process.exitCode}`];
}

type Row = readonly [title: string, client: Foreign, way: Way];

const rows: readonly Row[] = foreignClients().flatMap((client) =>
  client.ways.map((way): Row => [`${client.name}, ${client.protocol}, over ${way}`, client, way]),
);

let servers: Servers;

beforeAll(async () => {
  servers = await Servers.prepare();
});

afterAll(() => servers.remove());

/** Both servers, and what comes to them. The scripts run against memcached, too: that shows that they are right. */
const sides: readonly [name: string, startOf: (of: Servers) => Start, there: readonly Row[]][] = [
  ['memcached', ({ real }) => real, rows.filter(([, { protocol }, way]) => isReal(way, protocol))],
  ['our server', ({ ours }) => ours, rows],
];

for (const [name, startOf, there] of sides) {
  describe.runIf(there.length > 0).concurrent(name, () => {
    test.for(there)('works with %s', PATIENCE, async ([, client, way], { onTestFinished }) => {
      const start = startOf(servers);
      const addresses = [await start(onTestFinished, way, client.protocol)];
      const args = [`protocol=${client.protocol}`];
      if (way === 'TLS') args.push(`ca=${servers.ca}`);
      if (way === 'a login') args.push(`user=${USER}`, `password=${PASSWORD}`);
      // What depends on time and on keys does not depend on the way.
      if (way === 'TCP') {
        addresses.push(await start(onTestFinished));
        args.push('patient=yes');
      }
      const lines = await reportOf(client, [`servers=${addresses.join(',')}`, ...args], onTestFinished);
      expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([]);
      expect(lines.length).toBe(client.checks + (way === 'TCP' ? PATIENT_CHECKS : 0));
    });

    test.for(there.filter(([, , way]) => way === 'a login'))(
      'does nothing for %s with a wrong password',
      PATIENCE,
      async ([, client, way], { onTestFinished }) => {
        const address = await startOf(servers)(onTestFinished, way, client.protocol);
        const args = [`servers=${address}`, `protocol=${client.protocol}`, `user=${USER}`, 'password=wrong'];
        const lines = await reportOf(client, args, onTestFinished);
        expect(lines.filter((line) => !line.startsWith('not ok '))).toEqual([]);
        expect(lines.length).toBe(client.checks);
      },
    );
  });
}
