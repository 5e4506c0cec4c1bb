import { Buffer } from 'node:buffer';

import { GearmanClient, JobExceptionError, JobFailedError, type Task } from '@wirewright/gearman';

import type { ClientUnderTest, Outcome, TaskRequest } from './task-request.ts';
import { told } from './told.ts';

/** Our client. */
export function ourClient(port: number): ClientUnderTest {
  const client = new GearmanClient(`127.0.0.1:${port}`);

  function bytesOf({ payload }: TaskRequest): Buffer {
    return Buffer.from(payload.text.repeat(payload.times ?? 1), 'latin1');
  }

  async function outcomeOf(request: TaskRequest): Promise<Outcome> {
    const { function: name, unique, priority = 'normal' as const, background = false } = request;
    const options = unique === undefined ? { priority } : { priority, unique };
    if (!background) return followed(client.submit(name, bytesOf(request), options));
    const handle = await client.submit(name, bytesOf(request), { ...options, background });
    return { handle, data: [], warnings: [], statuses: [], failed: false };
  }

  return {
    run: (requests) => Promise.all(requests.map(outcomeOf)),
    close: async () => {
      await client.close();
    },
  };
}

async function followed(task: Task): Promise<Outcome> {
  const data: string[] = [];
  const warnings: string[] = [];
  const statuses: string[] = [];
  const seen = { data, warnings, statuses };
  try {
    for await (const event of task) {
      switch (event.type) {
        case 'data':
          data.push(event.data.toString('latin1'));
          break;
        case 'warning':
          warnings.push(event.data.toString('latin1'));
          break;
        case 'status':
          statuses.push(`${event.numerator}/${event.denominator}`);
          break;
        case 'retry':
          throw new Error('it was submitted again');
      }
    }
    return { ...seen, result: told(await task), failed: false };
  } catch (error) {
    if (error instanceof JobExceptionError) return { ...seen, exception: error.data.toString('latin1'), failed: true };
    if (error instanceof JobFailedError) return { ...seen, failed: true };
    return { ...seen, failed: true, error: String(error) };
  }
}
