import { installed, type Interpreted } from '../../support/installed.ts';

/** A client of another language, and the script that drives it and its workers. */
export interface Script extends Interpreted {
  readonly file: string;
  /** Checks that it makes, each of which is a line of its output. */
  readonly checks: number;
  /** What it is told of gearmand, and of ours. */
  readonly flags: { readonly gearmand: readonly string[]; readonly ours: readonly string[] };
}

const SCRIPTS: readonly Script[] = [
  {
    name: 'Gearman::Client and Gearman::Worker',
    interpreter: '/usr/bin/perl',
    debian: 'libgearman-client-perl',
    probe: ['-MGearman::Client', '-MGearman::Worker', '-e', '1'],
    file: 'perl_client.pl',
    checks: 19,
    flags: { gearmand: [], ours: ['timeouts=yes', 'forgiving=yes', 'perlish=yes'] },
  },
  {
    name: 'php-gearman',
    interpreter: '/usr/bin/php',
    debian: 'php-cli php-gearman',
    probe: ['-r', 'exit(class_exists("GearmanClient") && function_exists("posix_getppid") ? 0 : 1);'],
    file: 'php_client.php',
    checks: 13,
    flags: { gearmand: [], ours: [] },
  },
];

/** Those that are installed. */
export function scripts(): Script[] {
  return installed(SCRIPTS);
}
