import { Buffer } from 'node:buffer';

import { Running } from '../../support/programs.ts';
import type { ClientUnderTest, Outcome, TaskRequest } from './task-request.ts';
import { told } from './told.ts';

const PRIORITIES = { high: '-I', low: '-L' } as const;

/** The `gearman` tool, run once for each task: what is data and what the result cannot be told apart in its output. */
export function toolClient(gearman: string, port: number): ClientUnderTest {
  const running = new Set<Running>();

  async function outcomeOf(task: TaskRequest): Promise<Outcome> {
    const { payload, unique, priority, background = false } = task;
    const args = ['-h', '127.0.0.1', '-p', `${port}`, '-f', task.function];
    if (unique !== undefined) args.push('-u', unique);
    if (priority !== undefined) args.push(PRIORITIES[priority]);
    if (background) args.push('-b', '-v');
    const tool = new Running(gearman, args);
    running.add(tool);
    const output: Buffer[] = [];
    tool.process.stdout!.on('data', (chunk: Buffer) => output.push(chunk));
    const errors: Buffer[] = [];
    tool.process.stderr!.on('data', (chunk: Buffer) => errors.push(chunk));
    tool.process.stdin!.end(Buffer.from(payload.text.repeat(payload.times ?? 1), 'latin1'));
    const code = await tool.ended;
    running.delete(tool);
    const statuses: string[] = [];
    const whole = Buffer.concat(output).toString('latin1');
    const result = whole.replaceAll(/(\d+%) Complete\n/g, (_, status: string) => {
      statuses.push(status);
      return '';
    });
    const aside = Buffer.concat(errors).toString('latin1');
    const outcome = { data: [], warnings: aside === '' ? [] : [aside], statuses, failed: code !== 0 };
    if (code !== 0) return { ...outcome, error: aside };
    if (!background) return { ...outcome, result: told(Buffer.from(result, 'latin1')) };
    return { ...outcome, handle: /^Task created: (\S+)$/m.exec(result)?.[1] ?? result };
  }

  return {
    run: (tasks) => Promise.all(tasks.map(outcomeOf)),
    async close() {
      for (const tool of running) tool.destroy();
      await Promise.all(Array.from(running, ({ ended }) => ended));
    },
  };
}
