import { installed, type Interpreted } from '../../support/installed.ts';
import type { Protocol, Way } from './servers.ts';

/** A client of another language, and the script that drives it. */
export interface Foreign extends Interpreted {
  readonly script: string;
  readonly protocol: Protocol;
  readonly ways: readonly Way[];
  /** Checks that the script makes for everybody. */
  readonly checks: number;
}

/** Checks more that each script makes when it is given two servers and time: that items expire, and that keys are spread. */
export const PATIENT_CHECKS = 2;

const importing = (module: string): string[] => ['-c', `import ${module}`];

const PYTHON = '/usr/bin/python3';
const pylibmc = {
  interpreter: PYTHON,
  // The modules are what its library logs in with.
  debian: 'python3-pylibmc libsasl2-modules',
  probe: importing('pylibmc'),
  script: 'pylibmc_client.py',
  checks: 10,
};
const php = {
  interpreter: '/usr/bin/php',
  debian: 'php-cli php-memcached libsasl2-modules',
  probe: ['-r', 'exit(class_exists("Memcached") ? 0 : 1);'],
  script: 'php_memcached.php',
  checks: 10,
};

const FOREIGN: readonly Foreign[] = [
  {
    name: 'pymemcache',
    interpreter: PYTHON,
    debian: 'python3-pymemcache',
    probe: importing('pymemcache'),
    script: 'pymemcache_client.py',
    protocol: 'text',
    ways: ['TCP', 'a unix socket', 'TLS', 'a login'],
    checks: 11,
  },
  {
    name: 'python-memcached',
    interpreter: PYTHON,
    debian: 'python3-memcache',
    probe: importing('memcache'),
    script: 'python_memcache_client.py',
    protocol: 'text',
    ways: ['TCP', 'a unix socket'],
    checks: 10,
  },
  { ...pylibmc, name: 'pylibmc', protocol: 'text', ways: ['TCP', 'a unix socket'] },
  { ...pylibmc, name: 'pylibmc', protocol: 'binary', ways: ['TCP', 'a unix socket', 'a login'] },
  {
    name: 'python-binary-memcached',
    interpreter: PYTHON,
    debian: 'python3-binary-memcached',
    probe: importing('bmemcached'),
    script: 'bmemcached_client.py',
    protocol: 'binary',
    ways: ['TCP', 'a unix socket', 'TLS', 'a login'],
    checks: 8,
  },
  {
    name: 'Cache::Memcached::Fast',
    interpreter: '/usr/bin/perl',
    debian: 'libcache-memcached-fast-perl',
    probe: ['-MCache::Memcached::Fast', '-e', '1'],
    script: 'cache_memcached_fast.pl',
    protocol: 'text',
    ways: ['TCP', 'a unix socket'],
    checks: 10,
  },
  {
    name: 'Cache::Memcached',
    interpreter: '/usr/bin/perl',
    // It looks up the number of TCP in /etc/protocols.
    debian: 'libcache-memcached-perl netbase',
    probe: ['-MCache::Memcached', '-e', '1'],
    script: 'cache_memcached.pl',
    protocol: 'text',
    ways: ['TCP', 'a unix socket'],
    checks: 7,
  },
  { ...php, name: 'php-memcached', protocol: 'text', ways: ['TCP', 'a unix socket'] },
  { ...php, name: 'php-memcached', protocol: 'binary', ways: ['TCP', 'a unix socket', 'a login'] },
  {
    name: 'dalli',
    interpreter: '/usr/bin/ruby',
    debian: 'ruby ruby-dalli',
    probe: ['-e', 'require "dalli"'],
    script: 'dalli_client.rb',
    protocol: 'binary',
    ways: ['TCP', 'a unix socket', 'TLS', 'a login'],
    checks: 9,
  },
];

/** Those that are installed. */
export function foreignClients(): Foreign[] {
  return installed(FOREIGN);
}
