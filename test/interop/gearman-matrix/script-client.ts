import { Buffer } from 'node:buffer';
import { fileURLToPath } from 'node:url';

import { Running } from '../../support/programs.ts';
import type { ClientUnderTest, Outcome, TaskRequest } from './task-request.ts';

/** A client in a script of another language, which reads a line of JSON for some tasks, and answers one. */
export function scriptClient(interpreter: string, file: string, port: number): ClientUnderTest {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const running = new Running(interpreter, [path, `server=127.0.0.1:${port}`]);
  /** One answer is read after the other, also when nobody waits for them any more. */
  let turn: Promise<unknown> = Promise.resolve();

  async function ask(tasks: readonly TaskRequest[]): Promise<readonly Outcome[]> {
    running.output = '';
    const lines = tasks.map(({ payload, ...task }) => ({
      ...task,
      text: Buffer.from(payload.text, 'latin1').toString('base64'),
      times: payload.times ?? 1,
    }));
    running.say(`${JSON.stringify(lines)}\n`);
    await running.says(/^[{[].*\n/m);
    const answer = /^[{[].*$/m.exec(running.output)![0];
    return JSON.parse(Buffer.from(answer, 'latin1').toString('utf8')) as Outcome[];
  }

  return {
    run(tasks) {
      const outcomes = turn.then(() => ask(tasks));
      turn = outcomes.catch(() => {});
      return outcomes;
    },
    async close() {
      running.destroy();
      await running.ended;
    },
  };
}
