import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test, type TestContext } from 'vitest';

import { program, type Running } from '../../support/programs.ts';
import { SIDES } from './sides.ts';
import { Admin, type Outcome, run, start } from './tools.ts';

const gearman = program('gearman', 'gearman-tools');

const PATIENCE = { timeout: 60_000 };

/** A server, and what the tool does with it. */
interface Scene {
  readonly admin: Admin;
  /** Runs a client to its end. */
  client(args: readonly string[], input?: string): Promise<Outcome>;
  /** A client that waits for its answer. */
  waiting(args: readonly string[], input?: string): Promise<Outcome>;
  /** Starts a worker for a function, with a command, and waits until the server knows it. */
  worker(name: string, ...command: readonly string[]): Promise<Running>;
  /** Has a worker do so many jobs that wait, with a command. */
  drain(name: string, jobs: number, ...command: readonly string[]): Promise<void>;
}

const scenes = SIDES.map(({ name, start: begin }) => ({
  name,
  async scene({ onTestFinished }: TestContext): Promise<Scene> {
    const server = await begin();
    onTestFinished(async () => {
      await server.close();
    });
    const at = ['-h', '127.0.0.1', '-p', `${server.port}`];
    const admin = await Admin.of(server.port, onTestFinished);
    const client: Scene['client'] = (args, input) => run(onTestFinished, gearman!, [...at, ...args], input);
    return {
      admin,
      client,
      waiting: client,
      async worker(of, ...command) {
        const worker = start(onTestFinished, gearman!, ['-w', ...at, '-f', of, '--', ...command]);
        await admin.until('workers', new RegExp(` : ${of}\n`));
        return worker;
      },
      async drain(of, jobs, ...command) {
        const { ended } = start(onTestFinished, gearman!, ['-w', ...at, '-c', `${jobs}`, '-f', of, '--', ...command]);
        await ended;
      },
    };
  },
}));

describe.runIf(gearman !== undefined).concurrent.each(scenes)('the gearman tool with $name', ({ scene }) => {
  test('does jobs in the foreground, of arguments and of what it reads', PATIENCE, async (context) => {
    const { client, worker } = await scene(context);
    await worker('copy', 'cat');
    expect(await client(['-f', 'copy', 'hello'])).toEqual({ code: 0, output: 'hello' });
    expect(await client(['-f', 'copy', 'one', 'two'])).toEqual({ code: 0, output: 'onetwo' });
    expect(await client(['-f', 'copy'], 'a\0\xff\r\nb')).toEqual({ code: 0, output: 'a\0\xff\r\nb' });
    expect(await client(['-f', 'copy', '-s'])).toEqual({ code: 0, output: '' });
    // Of more, the worker would write all before it reads what its command has to say.
    const large = 'x'.repeat(60_000);
    expect(await client(['-f', 'copy'], large)).toEqual({ code: 0, output: large });
  });

  test('does a job for each line', PATIENCE, async (context) => {
    const { client, worker } = await scene(context);
    await worker('copy', 'cat');
    expect(await client(['-n', '-f', 'copy'], 'one\ntwo\n')).toEqual({ code: 0, output: 'one\ntwo\n' });
    expect(await client(['-N', '-f', 'copy'], 'one\ntwo\n')).toEqual({ code: 0, output: 'onetwo' });
  });

  test('does jobs of several functions', PATIENCE, async (context) => {
    const { client, worker } = await scene(context);
    await worker('copy', 'cat');
    await worker('count', 'wc', '-c');
    const { code, output } = await client(['-P', '-f', 'copy', '-f', 'count', 'hello\n']);
    expect(code).toBe(0);
    expect(output).toContain('copy: hello\n');
    expect(output).toContain('count: 6\n');
  });

  test('gets lines of a command', PATIENCE, async (context) => {
    const { client, worker } = await scene(context);
    await worker('lines', 'sh', '-c', 'echo one; echo two');
    expect((await client(['-f', 'lines', '-s'])).output).toBe('one\ntwo\n');
  });

  test('leaves jobs in the background, and does them by priority', PATIENCE, async (context) => {
    const { admin, client, drain } = await scene(context);
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-gearman-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'order');
    for (const [priority, text] of [
      ['-L', 'low'],
      [undefined, 'normal'],
      ['-I', 'high'],
    ] as const) {
      const { code } = await client(['-b', ...(priority === undefined ? [] : [priority]), '-f', 'note', `${text}\n`]);
      expect(code).toBe(0);
    }
    expect(await admin.ask('prioritystatus')).toBe('note\t1\t1\t1\t0\n.\n');
    await drain('note', 3, 'sh', '-c', `cat >> ${file}`);
    expect(readFileSync(file, 'utf8')).toBe('high\nnormal\nlow\n');
    await admin.until('status', /^note\t0\t0\t0\n/);
  });

  test('says what a job in the background is called', PATIENCE, async (context) => {
    const { client } = await scene(context);
    const { output } = await client(['-b', '-v', '-f', 'note', 'x']);
    expect(output).toMatch(/^Task created: H:\S+:1\n$/);
  });

  test('shares a job between clients that give it the same unique', PATIENCE, async (context) => {
    const { admin, waiting, drain } = await scene(context);
    const one = waiting(['-u', 'same', '-f', 'copy', 'first']);
    await admin.until('status', /^copy\t1\t0\t0\n/);
    const two = waiting(['-u', 'same', '-f', 'copy', 'second']);
    // The administrator is the third.
    await admin.until('workers', /(?:.* :\n){3}\.\n/);
    const other = waiting(['-u', 'other', '-f', 'copy', 'third']);
    await admin.until('status', /^copy\t2\t0\t0\n/);
    await drain('copy', 2, 'cat');
    expect([(await one).output, (await other).output]).toEqual(['first', 'third']);
    expect((await two).output).toBe('first');
  });

  test('ends with 1 when the command of the worker fails', PATIENCE, async (context) => {
    const { admin, client, worker } = await scene(context);
    await worker('broken', 'false');
    const { code, output } = await client(['-f', 'broken', 'x']);
    expect([code, output]).toEqual([1, 'Job failed\n']);
    await admin.until('status', /^broken\t0\t0\t/);
  });

  test('gives the job of a worker that is killed to another', PATIENCE, async (context) => {
    const { admin, waiting, worker, drain } = await scene(context);
    // What the tool runs outlives it.
    const victim = await worker('slow', 'sleep', '60');
    const answer = waiting(['-f', 'slow', 'x']);
    await admin.until('status', /^slow\t1\t1\t1\n/);
    victim.destroy();
    await admin.until('status', /^slow\t1\t0\t0\n/);
    await drain('slow', 1, 'cat');
    expect(await answer).toEqual({ code: 0, output: 'x' });
  });
});
