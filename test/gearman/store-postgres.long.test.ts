import { once } from 'node:events';

import { afterAll, expect, test } from 'vitest';

import { Actor, freeSchema, kept, look, postgres } from './postgres-scene.ts';
import { afterwards, Talk } from './scene.ts';

afterAll(() => postgres?.destroy());

/** Jobs that are acknowledged before a server is killed, those that it may owe an answer for, and those that are done by then. */
const JOBS = 20_000;
const WINDOW = 1000;
const DONE = 3000;

/** Milliseconds of a lease: of two servers that are busy on a machine that is, only the one is to lose it that is killed. */
const LEASE = 5000;

/** Jobs that a worker asks for at a time. */
const GRABS = 50;

const ROUNDS = 3;

interface Started extends Actor {
  readonly port: number;
}

async function start(schema: string, name: string): Promise<Started> {
  const actor = new Actor('postgres-server.mjs', postgres!.connection, schema, name, String(LEASE));
  return Object.assign(actor, (await actor.says()) as { port: number });
}

/** Submits jobs without a pause, until the server dies. */
class Submitter {
  readonly #talk: Talk;
  readonly #round: number;
  submitted = 0;
  acknowledged = 0;
  readonly over: Promise<void>;

  constructor(talk: Talk, round: number) {
    this.#talk = talk;
    this.#round = round;
    for (let i = 0; i < WINDOW; i++) this.#submit();
    this.over = this.#run();
  }

  /** The payloads of what was acknowledged. */
  get payloads(): string[] {
    return Array.from({ length: this.acknowledged }, (_, i) => `${this.#round}.${i}`);
  }

  #submit(): void {
    this.#talk.send('SUBMIT_JOB_BG', 'f', '', `${this.#round}.${this.submitted++}`);
  }

  /** Answers come in the order of the jobs. */
  async #run(): Promise<void> {
    for (let answer = await this.#talk.next(); answer !== 'END'; answer = await this.#talk.next()) {
      if (!answer.startsWith('JOB_CREATED ')) throw new Error(answer);
      this.acknowledged++;
      this.#submit();
    }
  }
}

/** Does jobs until there is none; `most` at most. Each that is done is counted in `done`. */
async function work(worker: Talk, done: Map<string, number>, most: number = Infinity): Promise<void> {
  for (let left = most; left > 0; left -= GRABS) {
    for (let i = 0; i < GRABS; i++) worker.send('GRAB_JOB');
    const grabbed = (await worker.all()).filter((answer) => answer !== 'NO_JOB');
    if (grabbed.length === 0) break;
    for (const answer of grabbed) {
      const [, handle, , payload] = answer.split(' ');
      worker.send('WORK_COMPLETE', handle!, '');
      done.set(payload!, (done.get(payload!) ?? 0) + 1);
    }
  }
  await worker.all();
}

async function workerAt(server: Started): Promise<Talk> {
  const talk = await Talk.to(server);
  await talk.send('CAN_DO', 'f').all();
  return talk;
}

test.skipIf(postgres === undefined)(
  'of what a server has acknowledged before it is killed under load, another that lives runs everything',
  async () => {
    const schema = freeSchema();
    const second = await start(schema, 'second');
    const survivor = await workerAt(second);
    const done = new Map<string, number>();
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const first = await start(schema, 'first');
      const submitter = new Submitter(await Talk.to(first), round);
      await work(await workerAt(first), done, DONE);
      await expect.poll(() => submitter.acknowledged, { timeout: 60_000 }).toBeGreaterThan(JOBS);
      first.child.kill('SIGKILL');
      const killed = performance.now();
      await once(first.child, 'exit');
      await submitter.over;
      for (const payload of submitter.payloads) acknowledged.push(payload);
      // The last of them is moved together with the end of the lease.
      const leases = async (): Promise<string> => {
        const held = await look<{ server: string }>(`SELECT server FROM ${schema}.wirewright_leases ORDER BY server`);
        return survivor.ended ? 'the second has died, too' : held.map(({ server }) => server).join();
      };
      await expect.poll(leases, { timeout: 60_000 }).toBe('second');
      const took = Math.round(performance.now() - killed);
      process.stdout.write(
        `round ${round}: all jobs taken over ${took} ms after the kill, with a lease of ${LEASE} ms\n`,
      );
      expect(await kept(schema, 'first')).toEqual([]);
      // The server hears of them when the database has them moved, which is what was seen here.
      const known = async (): Promise<number> => Number((await survivor.admin('status'))[0]?.split('\t')[1] ?? 0);
      await expect.poll(known).toBe((await kept(schema, 'second')).length);
      await work(survivor, done);
    }
    const twice = [...done.values()].filter((times) => times > 1).length;
    const lost = acknowledged.filter((payload) => !done.has(payload));
    process.stdout.write(
      `acknowledged ${acknowledged.length}, run ${done.size}, run twice ${twice}, lost ${lost.length}\n`,
    );
    expect(lost).toEqual([]);
    // What was done and whose end was on its way when the server was killed.
    expect(twice).toBeLessThan(ROUNDS * DONE);
    second.child.kill('SIGTERM');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
    afterwards(async () => expect(await kept(schema, 'second')).toEqual([]));
  },
);
