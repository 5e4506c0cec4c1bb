import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, test } from 'vitest';

import { PATIENCE } from '../../support/patience.ts';
import { GearmanLine } from '../gearman/gearman-line.ts';
import { CASES } from './cases.ts';
import { CLIENTS } from './clients.ts';
import { type Ability, type Cell, limitOf } from './limits.ts';
import type { Scene } from './scene.ts';
import type { MatrixServer } from './servers.ts';
import type { ClientUnderTest } from './task-request.ts';
import { WORKERS } from './workers.ts';

const GLANCE = 5;

const PATIENT = { timeout: 30_000 };

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await isSo());) {
    if (Date.now() > end) throw new Error(`it never becomes so: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, GLANCE));
  }
}

async function statusOf(line: GearmanLine, of: string): Promise<{ total: number; running: number; workers: number }> {
  line.send(Buffer.from('status\n'));
  const { bytes } = await line.fence();
  const rows = bytes.toString('latin1').split('\n');
  const row = rows.map((text) => text.split('\t')).find(([name]) => name === of);
  const [total = 0, running = 0, workers = 0] = (row ?? []).slice(1).map(Number);
  return { total, running, workers };
}

/** Tests each client with each worker at a server. All of them are started once. */
export function testMatrix({ name, start, sharers }: MatrixServer): void {
  const workers = WORKERS.filter(
    (kind) => limitOf({ server: name, client: 'ours', worker: kind.name }, 'work') === undefined,
  );

  describe.runIf(start !== undefined)(`at the server ${name}`, () => {
    const clients = new Map<string, ClientUnderTest>();
    const ends: (() => Promise<void> | void)[] = [];
    let folder: string;
    let line: GearmanLine;

    beforeAll(async () => {
      const server = await start!();
      ends.push(() => server.close());
      folder = mkdtempSync(join(tmpdir(), 'wirewright-gearman-'));
      ends.push(() => rmSync(folder, { recursive: true }));
      line = await GearmanLine.to(server.port);
      ends.push(() => line.destroy());
      for (const kind of CLIENTS) {
        const client = kind.connect(server.port);
        ends.push(() => client.close());
        clients.set(kind.name, client);
      }
      for (const kind of workers) {
        const worker = kind.start(server.port);
        ends.push(() => worker.close());
      }
      for (const kind of workers)
        for (const of of ['echo', 'reverse', 'fail', 'note'])
          await until(async () => (await statusOf(line, `${kind.name}.${of}`)).workers > 0);
    }, PATIENT.timeout);

    afterAll(async () => {
      ends.reverse();
      for (const end of ends) await end();
    });

    const cells = CLIENTS.flatMap((client) =>
      workers.map((worker): Cell => ({ server: name, client: client.name, worker: worker.name })),
    );
    describe.each(cells.map((cell) => [`the client ${cell.client} with the worker ${cell.worker}`, cell] as const))(
      '%s',
      (_, cell) => {
        for (const { title, needs, lacking, run } of CASES) {
          const lacks = (ability: Ability): boolean => limitOf(cell, ability) !== undefined;
          const isFit = !needs.some(lacks) && (lacking === undefined || lacks(lacking));
          // What the parts cannot do is in the table, which has tests of its own.
          if (!isFit) continue;
          test(title, PATIENT, async () => {
            const own = mkdtempSync(join(folder, 'test-'));
            const scene: Scene = {
              cell,
              client: clients.get(cell.client)!,
              folder: own,
              line,
              named: (of) => `${cell.worker}.${of}`,
              lacks,
              until,
              running: (of) => statusOf(line, of),
              sharers: (of, unique) => sharers(line, of, unique),
            };
            await run(scene);
          });
        }
      },
    );
  });
}
