import { program } from '../../support/programs.ts';
import { scripts } from '../gearman-clients/scripts.ts';
import type { ClientName } from './limits.ts';
import { ourClient } from './our-client.ts';
import { scriptClient } from './script-client.ts';
import type { ClientUnderTest } from './task-request.ts';
import { toolClient } from './tool-client.ts';

interface ClientKind {
  readonly name: ClientName;
  readonly connect: (port: number) => ClientUnderTest;
}

const gearman = program('gearman', 'gearman-tools');
const interpreters = new Set(scripts().map(({ interpreter }) => interpreter));

const SCRIPTS = [
  { name: 'perl', interpreter: '/usr/bin/perl', file: 'perl_driver.pl' },
  { name: 'php', interpreter: '/usr/bin/php', file: 'php_driver.php' },
] as const;

/** Ours, and those that are installed. */
export const CLIENTS: readonly ClientKind[] = [
  { name: 'ours', connect: ourClient },
  ...SCRIPTS.filter(({ interpreter }) => interpreters.has(interpreter)).map(({ name, interpreter, file }) => ({
    name,
    connect: (port: number) => scriptClient(interpreter, file, port),
  })),
  ...(gearman === undefined ? [] : [{ name: 'tool', connect: (port: number) => toolClient(gearman, port) } as const]),
];
