import { GearmanClient, Worker } from '@wirewright/gearman';
import { describe, expect, test } from 'vitest';

import { gearmand, gearmandWith } from './gearmand.ts';

describe.runIf(gearmand !== undefined)('a job that gearmand drops without a word', () => {
  test('is lost for its client, which submits it again', async ({ onTestFinished }) => {
    const server = await gearmandWith(gearmand!)();
    onTestFinished(async () => {
      await server.close();
    });
    const place = `127.0.0.1:${server.port}`;
    const first = new GearmanClient(place);
    await first.submit('work', 'x', { unique: 'same' }).created;
    // All who wait for it are gone: gearmand marks it, and drops it when a worker would get it.
    first.destroy();
    const client = new GearmanClient(place, { lostCheck: 50, retries: { lost: 5 } });
    onTestFinished(() => client.destroy());
    // It may take gearmand a moment to see that they are.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const task = client.submit('work', 'y', { unique: 'same', timeout: 10_000 });
    await task.created;
    const worker = new Worker(place).handle('work', (job) => `did ${job.text}`);
    onTestFinished(() => worker.destroy());
    expect(String(await task)).toBe('did y');
  });
});
