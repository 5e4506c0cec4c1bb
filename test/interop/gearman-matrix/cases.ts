import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'vitest';

import { PACKETS, request } from '../gearman/packets.ts';
import type { Ability } from './limits.ts';
import type { Scene } from './scene.ts';
import type { Outcome } from './task-request.ts';
import { told } from './told.ts';

interface Case {
  readonly title: string;
  readonly needs: readonly Ability[];
  /** What something has to be unable to do. */
  readonly lacking?: Ability;
  readonly run: (scene: Scene) => Promise<void>;
}

const BYTES = `${String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code))}\0\0\r\n.\r\nend\0`;

const MIB = 1024 * 1024;

async function outcomeOf(scene: Scene, name: string, text: string, times: number = 1): Promise<Outcome> {
  const [outcome] = await scene.client.run([{ function: scene.named(name), payload: { text, times } }]);
  return outcome!;
}

function reversed(text: string): string {
  let back = '';
  for (const character of text) back = character + back;
  return back;
}

async function comesBack(scene: Scene, times: number): Promise<void> {
  // Bytes of which no power of two is a multiple, so that pieces that are swapped are seen.
  const text = `${BYTES}${reversed(BYTES)}!`;
  const whole = Buffer.from(text.repeat(times), 'latin1');
  expect(await outcomeOf(scene, 'echo', text, times)).toMatchObject({ result: told(whole), failed: false });
  const back = await outcomeOf(scene, 'reverse', text, times);
  whole.reverse();
  expect(back.result).toBe(told(whole));
}

/** Lines that are whole. */
function notesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : [];
}

/** Opens the gate that the worker waits for when all is ready, and also when it never is; returns results. */
async function gated(
  file: string,
  outcomes: Promise<readonly Outcome[]>,
  isReady: () => Promise<void>,
): Promise<(string | undefined)[]> {
  // It is awaited below, unless the other one fails.
  outcomes.catch(() => {});
  try {
    await isReady();
  } finally {
    writeFileSync(`${file}.gate`, '');
  }
  return (await outcomes).map(({ result }) => result);
}

/** Keeps the worker busy until jobs of each priority wait for it. */
async function inOrder(scene: Scene, background: boolean): Promise<void> {
  const { client, named, folder, line, until, running, lacks } = scene;
  const file = join(folder, 'priorities');
  const note = named('note');
  // The job of another case may have written its note, and the server not know yet that it is over.
  await until(async () => (await running(note)).total === 0);
  line.send(request(PACKETS.SUBMIT_JOB_BG, `${note}\0\0${file}\nwait`));
  await until(async () => (await running(note)).running === 1);
  // Neither this order nor its reverse is that of the priorities: libgearman submits what was added last first.
  const priorities = [undefined, 'high', lacks('low priority') ? undefined : 'low'] as const;
  const texts = priorities.map((priority) => priority ?? 'normal');
  const tasks = priorities.map((priority) => ({
    function: note,
    payload: { text: `${file}\n${priority ?? 'normal'}` },
    background,
    priority,
  }));
  const results = await gated(file, client.run(tasks), () =>
    until(async () => (await running(note)).total === 1 + tasks.length),
  );
  expect(results).toEqual(background ? texts.map(() => undefined) : texts);
  await until(async () => notesOf(file).length === 1 + tasks.length);
  expect(notesOf(file)).toEqual(['wait', 'high', 'normal', texts[2]]);
}

export const CASES: readonly Case[] = [
  {
    title: 'does a job in the foreground',
    needs: [],
    async run(scene) {
      const outcome = await outcomeOf(scene, 'reverse', 'hello');
      expect(outcome).toMatchObject({ result: 'olleh', data: [], warnings: [], failed: false });
    },
  },
  {
    title: 'does a job of nothing, with nothing as its result',
    needs: ['empty payloads', 'empty results'],
    async run(scene) {
      expect(await outcomeOf(scene, 'echo', '')).toMatchObject({ result: '', failed: false });
    },
  },
  { title: 'carries any bytes', needs: [], run: (scene) => comesBack(scene, 1) },
  { title: 'carries a MiB', needs: [], run: (scene) => comesBack(scene, Math.ceil(MIB / (2 * BYTES.length + 1))) },
  {
    title: 'carries more than 16 MiB',
    needs: ['large payloads'],
    run: (scene) => comesBack(scene, Math.ceil((16 * MIB) / (2 * BYTES.length + 1))),
  },
  {
    title: 'does many jobs at once',
    needs: ['many at once'],
    async run({ client, named }) {
      const texts = Array.from({ length: 100 }, (_, i) => `text ${i}`);
      const outcomes = await client.run(texts.map((text) => ({ function: named('reverse'), payload: { text } })));
      expect(outcomes.map(({ result }) => result)).toEqual(texts.map(reversed));
    },
  },
  {
    title: 'does a job in the background',
    needs: [],
    async run({ client, named, folder, until }) {
      const file = join(folder, 'background');
      const task = { function: named('note'), payload: { text: `${file}\nfrom far` }, background: true };
      const [outcome] = await client.run([task]);
      expect(outcome).toMatchObject({ handle: expect.stringMatching(/^H:\S+:\d+$/), failed: false });
      await until(async () => notesOf(file).length === 1);
      expect(notesOf(file)).toEqual(['from far']);
    },
  },
  { title: 'does jobs by their priorities', needs: [], run: (scene) => inOrder(scene, false) },
  {
    title: 'does jobs by their priorities in the background',
    needs: ['priorities in the background'],
    run: (scene) => inOrder(scene, true),
  },
  {
    title: 'is told that the server does not know a priority',
    needs: ['errors of the server'],
    lacking: 'low priority',
    async run({ client, named }) {
      const [outcome] = await client.run([{ function: named('echo'), payload: { text: 'x' }, priority: 'low' }]);
      expect(outcome!.error).toContain('submit_job_low');
      expect(outcome!.result).toBeUndefined();
    },
  },
  {
    title: 'shares a job between those who give it the same unique',
    needs: [],
    async run({ client, named, folder, until, sharers }) {
      const file = join(folder, 'shared');
      const task = { function: named('note'), payload: { text: `${file}\nwait here` }, unique: named('unique') };
      const tasks = [task, task, { ...task, payload: { text: `${file}\nwait there` } }];
      const results = await gated(file, client.run(tasks), () =>
        until(async () => (await sharers(task.function, task.unique)) === tasks.length),
      );
      expect(notesOf(file)).toHaveLength(1);
      expect(results).toEqual(Array.from({ length: 3 }, () => notesOf(file)[0]));
    },
  },
  {
    title: 'sends data before the result',
    needs: ['data'],
    async run(scene) {
      const { result, data } = await outcomeOf(scene, 'pieces', 'x');
      // A server that refuses them passes on the result none the less.
      const pieces = scene.lacks('data that are passed on') ? [] : ['piece\x001', 'piece\x002', 'piece\x003'];
      if (scene.cell.client === 'tool') expect(result).toBe(`${pieces.join('')}whole`);
      else expect([data, result]).toEqual([pieces, 'whole']);
      expect(await outcomeOf(scene, 'reverse', 'go on')).toMatchObject({ result: 'no og' });
    },
  },
  {
    title: 'sends warnings',
    needs: ['warnings'],
    async run(scene) {
      const { result, warnings } = await outcomeOf(scene, 'warn', 'x');
      expect([warnings, result]).toEqual([scene.lacks('data that are passed on') ? [] : ['careful\0!'], 'warned']);
      expect(await outcomeOf(scene, 'reverse', 'go on')).toMatchObject({ result: 'no og' });
    },
  },
  {
    title: 'says how far a job is',
    needs: ['statuses'],
    async run(scene) {
      const { result, statuses } = await outcomeOf(scene, 'steps', 'x');
      const expected = scene.cell.client === 'tool' ? ['25%', '50%', '75%', '100%'] : ['1/4', '2/4', '3/4', '4/4'];
      expect([statuses, result]).toEqual([expected, 'stepped']);
    },
  },
  {
    title: 'tells of exceptions',
    needs: ['exceptions'],
    async run(scene) {
      const { result, exception } = await outcomeOf(scene, 'throw', 'all this');
      // The worker in Perl freezes it.
      expect(exception).toContain('because of all this\n');
      expect(result).toBeUndefined();
      expect(await outcomeOf(scene, 'reverse', 'go on')).toMatchObject({ result: 'no og' });
    },
  },
  {
    title: 'tells of failures',
    needs: [],
    async run(scene) {
      expect(await outcomeOf(scene, 'fail', 'x')).toMatchObject({ failed: true });
      expect(await outcomeOf(scene, 'reverse', 'go on')).toMatchObject({ result: 'no og' });
    },
  },
];
