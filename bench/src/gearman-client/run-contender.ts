/**
 * Entry of the processes of one package: `node run-contender.js worker <name> <port> <concurrency>`, and `client` instead, which runs the
 * slices that it is told to by its parent.
 */
import { setTimeout } from 'node:timers/promises';

import type { SliceAnswer, SliceTimes } from '../side-by-side/slice-process.ts';
import { type ContenderName, loadContender } from './contenders.ts';

/** What the process of a client is told. */
export interface JobOrder extends SliceTimes {
  /** Jobs in flight. */
  readonly window: number;
}

const PAYLOAD = Buffer.alloc(64, 'wirewright ');

const [role, name, port, concurrency] = process.argv.slice(2);
const contender = await loadContender(name as ContenderName);
const functionName = `echo-${name}-${concurrency}`;

if (role === 'worker') {
  contender.work(Number(port), functionName, Number(concurrency));
  tell({ phase: 'measuring' });
} else {
  const client = contender.open(Number(port));

  const runSlice = async ({ window, warm, seconds }: JobOrder): Promise<number> => {
    const load = { running: true, done: 0 };
    const submitOverAndOver = async (): Promise<void> => {
      while (load.running) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const result = await client.submit(functionName, PAYLOAD);
        if (result.length !== PAYLOAD.length) throw new Error(`a job gave ${result.length} bytes of ${PAYLOAD.length}`);
        load.done++;
      }
    };
    const measure = async (): Promise<number> => {
      await setTimeout(warm * 1000);
      tell({ phase: 'measuring' });
      const before = [load.done, process.hrtime.bigint()] as const;
      await setTimeout(seconds * 1000);
      const perSecond = ((load.done - before[0]) * 1e9) / Number(process.hrtime.bigint() - before[1]);
      load.running = false;
      return perSecond;
    };
    const [perSecond] = await Promise.all([measure(), ...Array.from({ length: window }, submitOverAndOver)]);
    return perSecond;
  };

  process.on('message', (order: JobOrder) => {
    runSlice(order).then(
      (perSecond) => tell({ phase: 'done', perSecond }),
      (error: unknown) => tell({ phase: 'failed', reason: error instanceof Error ? error.message : String(error) }),
    );
  });
}

// What is left in a client, such as timers, must not keep it.
process.on('disconnect', () => process.exit());

function tell(answer: SliceAnswer): void {
  process.send!(answer);
}
