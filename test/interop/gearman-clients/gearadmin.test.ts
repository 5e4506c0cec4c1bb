import { Buffer } from 'node:buffer';
import { hostname } from 'node:os';

import { describe, expect, test, type TestContext } from 'vitest';

import { program } from '../../support/programs.ts';
import { GearmanLine } from '../gearman/gearman-line.ts';
import { PACKETS, request } from '../gearman/packets.ts';
import { SIDES } from './sides.ts';
import { run } from './tools.ts';

const gearadmin = program('gearadmin', 'gearman-tools');

interface Scene {
  /** Has a connection send packets, and waits until the server has dealt with them. */
  readonly send: (...packets: readonly Buffer[]) => Promise<void>;
  /** What gearadmin prints for an option, with the numbers of processes and sockets left out. */
  readonly admin: (option: string) => Promise<string>;
}

const scenes = SIDES.map(({ name, start }) => ({
  name,
  async scene({ onTestFinished }: TestContext): Promise<Scene> {
    const server = await start();
    onTestFinished(async () => {
      await server.close();
    });
    const line = await GearmanLine.to(server.port);
    onTestFinished(() => line.destroy());
    const at = ['-h', '127.0.0.1', '-p', `${server.port}`];
    return {
      async send(...packets) {
        line.send(Buffer.concat(packets));
        await line.fence();
      },
      async admin(option) {
        const { code, output } = await run(onTestFinished, gearadmin!, [...at, option]);
        const text = output.replaceAll(/^\d+(?= 127|\n)/gm, '<n>').replaceAll(`H:${hostname()}:`, '');
        return code === 0 ? text : `${text}(ended with ${code})`;
      },
    };
  },
}));

/** Lines in an order of their own: the servers have others. */
function inOrder(text: string): string[] {
  const lines = text.split('\n');
  lines.sort();
  return lines;
}

/** A worker of one function, and jobs of it: one that runs, and some that wait. */
const SCENE = [
  request(PACKETS.SET_CLIENT_ID, 'me'),
  request(PACKETS.CAN_DO, 'work'),
  request(PACKETS.SUBMIT_JOB_HIGH, 'work\0first\0data'),
  request(PACKETS.GRAB_JOB, ''),
  request(PACKETS.SUBMIT_JOB_BG, 'work\0second\0data'),
  request(PACKETS.SUBMIT_JOB_LOW, 'work\0third\0data'),
];

describe.runIf(gearadmin !== undefined).concurrent.each(scenes)('gearadmin with $name', ({ scene }) => {
  test('says how it stands', async (context) => {
    const { send, admin } = await scene(context);
    expect(await admin('--status')).toBe('.\n');
    await send(...SCENE);
    expect(await admin('--status')).toBe('work\t3\t1\t1\n.\n');
    expect(await admin('--priority-status')).toBe('work\t0\t1\t1\t1\n.\n');
    expect(inOrder(await admin('--show-jobs'))).toEqual(['', '.', '1\t0\t0\t0', '2\t0\t0\t1', '3\t0\t0\t0']);
    expect(inOrder(await admin('--show-unique-jobs'))).toEqual(['', '.', 'first', 'second', 'third']);
    expect(inOrder(await admin('--workers'))).toEqual(['', '.', '<n> 127.0.0.1 - :', '<n> 127.0.0.1 me : work']);
  });

  test('says what the server is', async (context) => {
    const { admin } = await scene(context);
    expect(await admin('--getpid')).toBe('<n>\n');
    expect(await admin('--server-version')).toMatch(/^1\.1\.20/);
    expect(await admin('--server-verbose')).toBe('INFO\n');
  });

  test('creates functions and drops them', async (context) => {
    const { send, admin } = await scene(context);
    expect(await admin('--create-function=new')).toBe('OK\n');
    expect(await admin('--status')).toBe('new\t0\t0\t0\n.\n');
    expect(await admin('--drop-function=new')).toBe('OK\n');
    expect(await admin('--status')).toBe('.\n');
    expect(await admin('--drop-function=new')).toBe('Error: function not found\r\n');
    await send(...SCENE);
    expect(await admin('--drop-function=work')).toBe(
      'Error: there are still connected workers or executing clients\r\n',
    );
  });

  test('cancels jobs', async (context) => {
    const { send, admin } = await scene(context);
    await send(...SCENE);
    const handle = (n: number): string => `--cancel-job=H:${hostname()}:${n}`;
    expect(await admin(handle(2))).toBe('OK\n');
    expect(await admin(handle(99))).toBe('Error: UNKNOWN_JOB\r\n');
    await send(request(PACKETS.GRAB_JOB, ''), request(PACKETS.GRAB_JOB, ''));
    expect(await admin('--status')).toBe('work\t2\t2\t1\n.\n');
  });
});
