import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, expect, test } from 'vitest';

import { GearmanLine } from '../interop/gearman/gearman-line.ts';
import { linesOf, PACKETS, request } from '../interop/gearman/packets.ts';
import { Postgres } from '../support/postgres.ts';
import { Running } from '../support/programs.ts';

const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
const postgres = await Postgres.start();
const closing: { destroy(): unknown }[] = [];

afterEach(() => {
  for (const it of closing.splice(0)) it.destroy();
});

afterAll(() => postgres?.destroy());

function start(): Running {
  const { hostname, port, username } = new URL(postgres!.connection);
  const conninfo = `host=${hostname} port=${port} user='${username}' dbname=postgres`;
  const queue = ['-q', 'postgres', `--libpq-conninfo=${conninfo}`, '--queue-name=mail', '--job-handle-prefix=J'];
  const it = new Running(process.execPath, [main, 'gearmand', '-L', '127.0.0.1', '-p0', '--verbose=INFO', ...queue]);
  closing.push(it);
  return it;
}

/** What a server that has said that it listens answers to these bytes, packet by packet. */
async function ask(server: Running, ...bytes: readonly Buffer[]): Promise<string[]> {
  const line = await GearmanLine.to(Number(/Listening on port (\d+)\n/.exec(server.output)![1]));
  closing.push(line);
  line.send(Buffer.concat(bytes));
  const answer = linesOf((await line.fence()).bytes);
  line.destroy();
  return answer;
}

test.skipIf(postgres === undefined)(
  'a second gearmand of the same name waits, and goes on with what the first has left',
  async () => {
    const first = start();
    await first.says(/Listening/);
    const second = start();
    await second.says(/Starting up/);
    const [created] = await ask(first, request(PACKETS.SUBMIT_JOB_BG, 'f\0unique\0kept'));
    expect(created).toMatch(/^JOB_CREATED J:\d+$/);
    expect(second.output).not.toContain('Listening');
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    await second.says(/Listening/);
    const handle = created!.slice('JOB_CREATED '.length);
    expect(await ask(second, request(PACKETS.CAN_DO, 'f'), request(PACKETS.GRAB_JOB_UNIQ, ''))).toEqual([
      `JOB_ASSIGN_UNIQ ${handle}|f|unique|kept`,
    ]);
    const third = start();
    await third.says(/Starting up/);
    third.process.kill('SIGTERM');
    expect(await third.ended).toBe(0);
  },
);
