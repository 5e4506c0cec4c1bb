import { Buffer } from 'node:buffer';

import { describe, expect, test, type TestContext } from 'vitest';

import { program, Running } from '../../support/programs.ts';
import { GearmanLine } from '../gearman/gearman-line.ts';
import { linesOf, PACKETS, request } from '../gearman/packets.ts';
import { CLIENTS } from './clients.ts';
import { LIMITS } from './limits.ts';
import { GEARMAND, type MatrixServer, OURS, PERL } from './servers.ts';
import type { Outcome } from './task-request.ts';

const gearman = program('gearman', 'gearman-tools');

/** Starts a server, and gives connections to it. */
async function connections({ start }: MatrixServer, count: number, context: TestContext): Promise<GearmanLine[]> {
  const server = await start!();
  context.onTestFinished(async () => {
    await server.close();
  });
  const lines = await Promise.all(Array.from({ length: count }, () => GearmanLine.to(server.port)));
  context.onTestFinished(() => {
    for (const line of lines) line.destroy();
  });
  return lines;
}

/** What a connection has got by now. */
async function heardBy(line: GearmanLine, ...requests: readonly Buffer[]): Promise<string[]> {
  line.send(Buffer.concat(requests));
  const { bytes } = await line.fence();
  return linesOf(bytes);
}

/** Has one connection submit a job that another one takes; returns its handle. */
async function assigned(client: GearmanLine, worker: GearmanLine): Promise<string> {
  await heardBy(worker, request(PACKETS.CAN_DO, 'f'));
  const [created] = await heardBy(client, request(PACKETS.SUBMIT_JOB, 'f\0\0x'));
  const handle = created!.split(' ')[1]!;
  expect(await heardBy(worker, request(PACKETS.GRAB_JOB, ''))).toEqual([`JOB_ASSIGN ${handle}|f|x`]);
  return handle;
}

/** What becomes of a task, of which a raw worker says this, with a client. */
async function outcomeWith(
  name: string,
  { start }: MatrixServer,
  context: TestContext,
  says: (handle: string) => Buffer[],
): Promise<Outcome> {
  const server = await start!();
  context.onTestFinished(async () => {
    await server.close();
  });
  const worker = await GearmanLine.to(server.port);
  context.onTestFinished(() => worker.destroy());
  const client = CLIENTS.find((kind) => kind.name === name)!.connect(server.port);
  context.onTestFinished(async () => {
    await client.close();
  });
  await heardBy(worker, request(PACKETS.CAN_DO, 'f'), request(PACKETS.PRE_SLEEP, ''));
  const outcomes = client.run([{ function: 'f', payload: { text: 'x' } }]);
  for (;;) {
    const answers = await heardBy(worker, request(PACKETS.GRAB_JOB, ''));
    const answer = answers.find((line) => line.startsWith('JOB_ASSIGN'));
    if (answer === undefined) continue;
    await heardBy(worker, ...says(answer.split(/[ |]/)[1]!));
    return (await outcomes)[0]!;
  }
}

function hasClient(name: string): boolean {
  return GEARMAND.start !== undefined && CLIENTS.some((kind) => kind.name === name);
}

describe('what parts of Debian cannot do', () => {
  test('is told once', () => {
    const told = LIMITS.flatMap(({ server, client, worker, cannot }) =>
      cannot.map((ability) => [server, client, worker, ability].join(' ')),
    );
    expect(new Set(told).size).toBe(told.length);
  });

  test.runIf(PERL.start !== undefined)('packets that the server in Perl does not know', async (context) => {
    const [client, worker] = await connections(PERL, 2, context);
    const handle = await assigned(client!, worker!);
    for (const [type, body] of [
      [PACKETS.WORK_DATA, `${handle}\0x`],
      [PACKETS.WORK_WARNING, `${handle}\0x`],
      [PACKETS.GRAB_JOB_UNIQ, ''],
      [PACKETS.GRAB_JOB_ALL, ''],
    ] as const)
      expect(await heardBy(worker!, request(type, body))).toEqual([expect.stringMatching(/^ERROR server_error\|/)]);
    for (const type of [PACKETS.SUBMIT_JOB_LOW, PACKETS.SUBMIT_JOB_LOW_BG, PACKETS.SUBMIT_JOB_HIGH_BG])
      expect(await heardBy(client!, request(type, 'f\0\0x'))).toEqual([expect.stringMatching(/^ERROR server_error\|/)]);
    expect(await heardBy(client!, request(PACKETS.GET_STATUS_UNIQUE, 'x'))).toEqual([
      expect.stringMatching(/^ERROR server_error\|/),
    ]);
    await heardBy(worker!, request(PACKETS.WORK_COMPLETE, `${handle}\0done`));
    expect(await heardBy(client!)).toEqual([`WORK_COMPLETE ${handle}|done`]);
  });

  test.runIf(PERL.start !== undefined)(
    'a worker that is lost loses its jobs at the server in Perl',
    async (context) => {
      const [client, worker, admin] = await connections(PERL, 3, context);
      const handle = await assigned(client!, worker!);
      worker!.destroy();
      await gone(admin!);
      expect(await heardBy(client!)).toEqual([`WORK_FAIL ${handle}`]);
    },
  );

  test.for([GEARMAND, OURS].filter(({ start }) => start !== undefined))(
    'a worker that is lost leaves its jobs to others at $name',
    async (server, context) => {
      const [client, worker, other] = await connections(server, 3, context);
      const handle = await assigned(client!, worker!);
      worker!.destroy();
      await gone(other!);
      const answer = await heardBy(other!, request(PACKETS.CAN_DO, 'f'), request(PACKETS.GRAB_JOB, ''));
      expect(answer).toEqual([`JOB_ASSIGN ${handle}|f|x`]);
      expect(await heardBy(client!)).toEqual([]);
    },
  );

  test.runIf(GEARMAND.start !== undefined)(
    'gearmand takes no result without a NUL behind the handle',
    async (context) => {
      const [client, worker] = await connections(GEARMAND, 2, context);
      const handle = await assigned(client!, worker!);
      worker!.send(request(PACKETS.WORK_COMPLETE, handle));
      await worker!.fence();
      expect(worker!.closed).toBe(true);
    },
  );

  test.runIf(PERL.start !== undefined)('nor does the server in Perl', async (context) => {
    const [client, worker] = await connections(PERL, 2, context);
    const handle = await assigned(client!, worker!);
    expect(await heardBy(worker!, request(PACKETS.WORK_COMPLETE, handle))).toEqual(['ERROR not_worker|']);
    expect(await heardBy(client!)).toEqual([]);
  });

  test.runIf(hasClient('tool'))('the tool shows data as if it were the result', async (context) => {
    const outcome = await outcomeWith('tool', GEARMAND, context, (handle) => [
      request(PACKETS.WORK_STATUS, `${handle}\x001\x002`),
      request(PACKETS.WORK_DATA, `${handle}\0data `),
      request(PACKETS.WORK_WARNING, `${handle}\0warning `),
      request(PACKETS.WORK_COMPLETE, `${handle}\0result`),
    ]);
    expect(outcome).toMatchObject({ result: 'data result', warnings: ['warning '], statuses: ['50%'] });
  });

  test.runIf(hasClient('tool'))('the tool is told of no exception', async (context) => {
    const says = (handle: string): Buffer[] => [request(PACKETS.WORK_EXCEPTION, `${handle}\0why`)];
    expect(await outcomeWith('tool', OURS, context, says)).toMatchObject({ error: 'Job failed\n', failed: true });
  });

  test.runIf(GEARMAND.start !== undefined)('gearmand makes a failure with a NUL of an exception', async (context) => {
    const [client, worker] = await connections(GEARMAND, 2, context);
    const handle = await assigned(client!, worker!);
    await heardBy(worker!, request(PACKETS.WORK_EXCEPTION, `${handle}\0why`));
    expect(await heardBy(client!)).toEqual([`WORK_FAIL ${handle}|`]);
  });

  test.runIf(hasClient('php'))('libgearman submits no empty payload', async (context) => {
    const server = await GEARMAND.start!();
    context.onTestFinished(async () => {
      await server.close();
    });
    const client = CLIENTS.find((kind) => kind.name === 'php')!.connect(server.port);
    context.onTestFinished(async () => {
      await client.close();
    });
    const [outcome] = await client.run([{ function: 'f', payload: { text: '' } }]);
    expect(outcome!.error).toContain('invalid workload');
  });

  test.runIf(gearman !== undefined && hasClient('perl'))('the tool repeats lines as a worker', async (context) => {
    const server = await GEARMAND.start!();
    context.onTestFinished(async () => {
      await server.close();
    });
    const command = ['-f', 'lines', '-n', '--', 'printf', String.raw`one\ntwo\n`];
    const worker = new Running(gearman!, ['-w', '-h', '127.0.0.1', '-p', `${server.port}`, ...command]);
    context.onTestFinished(() => worker.destroy());
    const client = CLIENTS.find((kind) => kind.name === 'perl')!.connect(server.port);
    context.onTestFinished(async () => {
      await client.close();
    });
    const [outcome] = await client.run([{ function: 'lines', payload: { text: 'x' } }]);
    expect(outcome!.data).toEqual(['one\n', 'one\ntwo\n']);
  });
});

/** Waits until the server has noticed that nobody can do the function any more. */
async function gone(line: GearmanLine): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const rows = await heardBy(line, Buffer.from('status\n'));
    if (!rows.some((row) => /^"f\\t\d+\\t\d+\\t[1-9]/.test(row))) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the server does not notice that the worker is gone');
}
