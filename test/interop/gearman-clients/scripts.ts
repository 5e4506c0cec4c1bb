import { execFileSync } from 'node:child_process';

/** A client of another language, and the script that drives it and its workers. */
export interface Script {
  readonly name: string;
  readonly interpreter: string;
  /** The Debian packages that it is in. */
  readonly debian: string;
  /** Arguments with which the interpreter ends with 0 if the client is there. */
  readonly probe: readonly string[];
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

/** Those that are installed. Tests with others are skipped, which is said in a line; where `WIREWRIGHT_PEERS=required` is set, that is an error. */
export function scripts(): Script[] {
  return SCRIPTS.filter(({ name, interpreter, probe, debian }) => {
    try {
      execFileSync(interpreter, probe, { stdio: 'ignore' });
      return true;
    } catch {
      const missing = `${name} is not installed (Debian: apt-get install ${debian})`;
      if (process.env['WIREWRIGHT_PEERS'] === 'required') throw new Error(missing);
      process.stderr.write(`skipped: tests with ${name}, since ${missing}\n`);
      return false;
    }
  });
}
