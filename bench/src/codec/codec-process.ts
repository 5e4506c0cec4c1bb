import { join } from 'node:path';

import { startChild } from '../process/start-child.ts';
import type { CodecFindings, Selection } from './measure-codec.ts';

/** What the process tells. */
interface Told {
  readonly step?: string;
  readonly findings?: CodecFindings;
}

/**
 * Measures a codec in a process of its own: a program has one codec or two, and what V8 makes of code that served many is not what
 * such a program runs.
 *
 * @throws when that process ends without findings
 */
export function codecProcess(
  name: string,
  { only, rounds }: Selection,
  onStep: (title: string) => void,
): Promise<CodecFindings> {
  return new Promise((resolve, reject) => {
    const entry = join(import.meta.dirname, 'run-codec.js');
    const child = startChild(
      [process.execPath, entry, name, only, String(rounds)],
      ['ignore', 'inherit', 'inherit', 'ipc'],
    );
    child.on('message', ({ step, findings }: Told) => {
      if (step !== undefined) onStep(step);
      if (findings !== undefined) resolve(findings);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`its process ended without findings (${signal ?? `exit status ${code}`})`)),
    );
  });
}
