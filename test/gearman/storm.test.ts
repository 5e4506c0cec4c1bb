import { FakeClock } from '@wirewright/core/testing';
import type { JobServer } from '@wirewright/gearman';
import { expect, test } from 'vitest';

import { random } from '../support/random.ts';
import { FakeStore } from './fake-store.ts';
import { serve, Talk } from './scene.ts';

const FUNCTIONS = ['a', 'b', 'c'];
const SUBMITS = ['SUBMIT_JOB', 'SUBMIT_JOB_HIGH', 'SUBMIT_JOB_LOW', 'SUBMIT_JOB_BG', 'SUBMIT_JOB_LOW_BG'];
const PROGRESS = /^WORK_(DATA|WARNING|STATUS) /;
const FINAL = /^(WORK_COMPLETE|WORK_FAIL|WORK_EXCEPTION) (\S+)/;

/** A client that counts what it is owed, and what it gets. */
class Client {
  readonly talk: Talk;
  /** Whether each submit that is not answered yet is in the foreground. */
  readonly #submits: boolean[] = [];
  /** Last packets that are still to come, by handle. */
  readonly owed = new Map<string, number>();

  constructor(talk: Talk) {
    this.talk = talk;
  }

  submit(type: string, name: string, unique: string, payload: string): void {
    this.talk.send(type, name, unique, payload);
    this.#submits.push(!type.endsWith('BG'));
  }

  async catchUp(): Promise<void> {
    for (const line of await this.talk.all()) {
      const created = /^JOB_CREATED (\S+)/.exec(line);
      if (created !== null) {
        if (this.#submits.shift() === true) this.#count(created[1]!, 1);
        continue;
      }
      const final = FINAL.exec(line);
      if (final !== null) this.#count(final[2]!, -1);
      else if (!PROGRESS.test(line)) throw new Error(`a client got ${line}`);
    }
    if (this.#submits.length > 0) throw new Error(`${this.#submits.length} submits are not answered`);
  }

  #count(handle: string, change: number): void {
    const count = (this.owed.get(handle) ?? 0) + change;
    if (count < 0) throw new Error(`a last packet of ${handle} that nobody is owed`);
    if (count === 0) this.owed.delete(handle);
    else this.owed.set(handle, count);
  }
}

/** A worker, and the jobs that it believes to have. */
interface Worker {
  readonly talk: Talk;
  readonly jobs: string[];
}

async function newWorker(server: JobServer, below: (limit: number) => number): Promise<Worker> {
  const talk = await Talk.to(server);
  for (const name of FUNCTIONS) if (below(4) > 0) talk.send('CAN_DO_TIMEOUT', name, below(2) === 0 ? '0' : '2000');
  await talk.all();
  return { talk, jobs: [] };
}

async function work({ talk, jobs }: Worker, below: (limit: number) => number): Promise<void> {
  const handle = jobs[below(jobs.length)] ?? 'H:t:0';
  const drop = (): void => void (jobs.includes(handle) && jobs.splice(jobs.indexOf(handle), 1));
  switch (below(10)) {
    case 0:
    case 1:
    case 2:
      talk.send(['GRAB_JOB', 'GRAB_JOB_UNIQ', 'GRAB_JOB_ALL'][below(3)]!);
      break;
    case 3:
    case 4:
      talk.send('WORK_COMPLETE', handle, 'r');
      drop();
      break;
    case 5:
      talk.send('WORK_FAIL', handle);
      drop();
      break;
    case 6:
      talk.send('WORK_EXCEPTION', handle, 'e').send('WORK_FAIL', handle);
      drop();
      break;
    case 7:
      talk.send('WORK_STATUS', handle, '1', '2').send('WORK_DATA', handle, 'd');
      break;
    case 8:
      talk.send('PRE_SLEEP');
      break;
    default:
      talk.send(below(2) === 0 ? 'CANT_DO' : 'CAN_DO', FUNCTIONS[below(FUNCTIONS.length)]!);
  }
  for (const line of await talk.all()) {
    const assigned = /^JOB_ASSIGN\S* (\S+)/.exec(line);
    if (assigned !== null) jobs.push(assigned[1]!);
  }
}

test.each([1, 2, 3, 4, 5, 6])(
  'whatever clients and workers do, each submit has one end, and nothing is left over: seed %d',
  async (seed) => {
    const next = random(seed);
    const below = (limit: number): number => Math.floor(next() * limit);
    const clock = new FakeClock();
    const store = new FakeStore();
    const server = await serve({
      clock,
      wall: () => 1_000_000 + clock.now(),
      probeInterval: false,
      timeoutUnit: 'ms',
      ...(seed % 2 === 0 ? { store } : {}),
      functions: {
        b: { retries: { lost: 2, timeout: 1, failure: 2 }, backoff: { minDelay: 50 }, deadLetter: 'dead' },
        c: { maxQueue: 1000, timeout: 500 },
      },
    });
    const admin = await Talk.to(server);
    const clients = [
      new Client(await Talk.to(server)),
      new Client(await Talk.to(server)),
      new Client(await Talk.to(server)),
    ];
    await clients[0]!.talk.ask('OPTION_REQ', 'exceptions');
    let workers = [await newWorker(server, below), await newWorker(server, below), await newWorker(server, below)];
    for (let step = 0; step < 400; step++) {
      const client = clients[below(clients.length)]!;
      for (let i = below(3); i > 0; i--) {
        const unique = below(3) === 0 ? `u${below(4)}` : below(8) === 0 ? '-' : '';
        client.submit(SUBMITS[below(SUBMITS.length)]!, FUNCTIONS[below(3)]!, unique, `p${below(5)}`);
      }
      await client.catchUp();
      await work(workers[below(workers.length)]!, below);
      if (below(30) === 0) clock.advance(below(3000));
      if (below(40) === 0) await admin.admin(`cancel job H:t:${1 + below(300)}`);
      if (below(50) === 0) {
        workers[0]!.talk.socket.destroy();
        const before = server.connections.size;
        await expect.poll(() => server.connections.size).toBeLessThan(before);
        workers = [...workers.slice(1), await newWorker(server, below)];
      }
      if (below(120) === 0) {
        // Whoever leaves is owed nothing.
        client.talk.socket.destroy();
        clients[clients.indexOf(client)] = new Client(await Talk.to(server));
      }
      const running = server.functions.reduce((sum, of) => sum + of.running, 0);
      expect(server.jobs.running).toBe(running);
    }
    // Those who have something leave it to one that does all.
    for (const { talk } of workers) talk.socket.destroy();
    await expect.poll(() => server.jobs.running).toBe(0);
    const last = await Talk.to(server);
    for (const name of [...FUNCTIONS, 'dead']) last.send('CAN_DO', name);
    for (let idle = 0; idle < 3;) {
      const line = await last.ask('GRAB_JOB');
      if (line === 'NO_JOB') {
        idle++;
        clock.advance(60_000);
      } else {
        idle = 0;
        last.send('WORK_COMPLETE', line.split(' ')[1]!, 'z');
        if (line.startsWith('NOOP')) idle++;
      }
    }
    await last.all();
    for (const client of clients) {
      await client.catchUp();
      expect(Object.fromEntries(client.owed)).toEqual({});
    }
    expect(server.jobs).toEqual({ total: 0, running: 0, waiting: 0 });
    for (const of of server.functions) {
      expect(of).toMatchObject({ queued: { high: 0, normal: 0, low: 0 }, running: 0, waiting: 0 });
      expect(of.submitted).toBe(of.completed + of.failed + of.cancelled);
    }
    // Or it would say little.
    const [a, b] = ['a', 'b'].map((name) => server.functions.find((of) => of.name === name));
    expect(Math.min(a!.completed, a!.failed, a!.cancelled, a!.coalesced, b!.retried)).toBeGreaterThan(3);
    if (seed % 2 === 0) await expect.poll(() => store.jobs.size).toBe(0);
  },
);
