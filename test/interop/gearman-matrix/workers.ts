import { fileURLToPath } from 'node:url';

import { program, Running } from '../../support/programs.ts';
import { scripts } from '../gearman-clients/scripts.ts';
import type { WorkerName } from './limits.ts';
import { ourWorker } from './our-functions.ts';
import { TOOL_FUNCTIONS } from './tool-functions.ts';
import type { WorkerUnderTest } from './worker-under-test.ts';

interface WorkerKind {
  readonly name: WorkerName;
  readonly start: (port: number) => WorkerUnderTest;
}

const gearman = program('gearman', 'gearman-tools');
const interpreters = new Set(scripts().map(({ interpreter }) => interpreter));

const SCRIPTS = [
  { name: 'perl', interpreter: '/usr/bin/perl', file: 'perl_functions.pl' },
  { name: 'php', interpreter: '/usr/bin/php', file: 'php_functions.php' },
] as const;

function scriptWorker(name: WorkerName, interpreter: string, file: string, port: number): WorkerUnderTest {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const args = [`server=127.0.0.1:${port}`, `parent=${process.pid}`, `prefix=${name}`];
  return ending([new Running(interpreter, [path, ...args])]);
}

/** A process for each function: it has one command for all that it does. */
function toolWorker(path: string, port: number): WorkerUnderTest {
  const at = ['-w', '-h', '127.0.0.1', '-p', `${port}`];
  const functions = Object.entries(TOOL_FUNCTIONS);
  return ending(functions.map(([name, command]) => new Running(path, [...at, '-f', `tool.${name}`, '--', ...command])));
}

function ending(processes: readonly Running[]): WorkerUnderTest {
  return {
    async close() {
      for (const running of processes) running.destroy();
      await Promise.all(processes.map(({ ended }) => ended));
    },
  };
}

/** Ours, and those that are installed. */
export const WORKERS: readonly WorkerKind[] = [
  { name: 'ours', start: ourWorker },
  ...SCRIPTS.filter(({ interpreter }) => interpreters.has(interpreter)).map(({ name, interpreter, file }) => ({
    name,
    start: (port: number) => scriptWorker(name, interpreter, file, port),
  })),
  ...(gearman === undefined ? [] : [{ name: 'tool', start: (port: number) => toolWorker(gearman, port) } as const]),
];
