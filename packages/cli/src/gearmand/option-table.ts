import type { OptionInfo } from '../shared/option-info.ts';

const OTHER_QUEUE = 'there is no such queue; --queue-type=level and --queue-type=postgres keep jobs';
const NO_HTTP = 'there is no HTTP front';
const SYSTEM = 'it is that of the system';

/** The options of gearmand 1.1.20 in the order of its help, and those of our own. */
export const OPTIONS: readonly OptionInfo[] = [
  {
    short: 'b',
    long: 'backlog',
    value: 'num',
    effect: 'works',
    text: 'connections that may wait to be accepted (default: 32)',
  },
  { short: 'd', long: 'daemon', effect: 'works', text: 'runs in the background' },
  { long: 'exceptions', effect: 'none', text: 'clients that want to hear of exceptions say so' },
  {
    short: 'f',
    long: 'file-descriptors',
    value: 'num',
    effect: 'works',
    text: 'connections at once (default: 65536); the limit on files is that of who starts it',
  },
  { short: 'h', long: 'help', effect: 'works', text: 'prints this' },
  {
    short: 'j',
    long: 'job-retries',
    value: 'num',
    effect: 'works',
    text: 'attempts of a job whose worker is lost or out of time, before it fails (default: 0, any number)',
  },
  {
    long: 'job-handle-prefix',
    value: 'text',
    effect: 'works',
    text: 'what handles begin with, at most 46 bytes (default: H:<host name>)',
  },
  { long: 'hashtable-buckets', value: 'num', effect: 'none', text: 'tables grow with what is in them' },
  { long: 'keepalive', effect: 'works', text: 'asks silent peers whether they are there; that is always on' },
  {
    long: 'keepalive-idle',
    value: 'seconds',
    effect: 'works',
    text: 'silence before a peer is asked (default: -1, 30 seconds)',
  },
  { long: 'keepalive-interval', value: 'seconds', effect: 'none', text: SYSTEM },
  { long: 'keepalive-count', value: 'num', effect: 'none', text: SYSTEM },
  {
    short: 'l',
    long: 'log-file',
    value: 'file',
    effect: 'works',
    text: 'file for what is logged; "stderr", "none" (default: stderr)',
  },
  { short: 'L', long: 'listen', value: 'addr', effect: 'works', text: 'address to listen on (default: all)' },
  { short: 'P', long: 'pid-file', value: 'file', effect: 'works', text: 'file that has the process id while it runs' },
  { short: 'r', long: 'protocol', value: 'name', effect: 'refused', text: NO_HTTP },
  {
    short: 'R',
    long: 'round-robin',
    effect: 'none',
    text: 'what is most urgent, and oldest, of all functions comes first',
  },
  {
    short: 'q',
    long: 'queue-type',
    value: 'name',
    effect: 'works',
    text: 'where background jobs are kept: builtin, in memory; level, in a folder; postgres (default: builtin)',
  },
  {
    long: 'config-file',
    value: 'file',
    effect: 'works',
    text: 'file of lines <option>=<value>; none is read unless it is named',
  },
  { long: 'syslog', effect: 'none', text: 'it logs to a file or to stderr, from where systemd takes it' },
  { long: 'coredump', effect: 'none', text: 'the limit on core files is that of who starts it' },
  { short: 't', long: 'threads', value: 'num', effect: 'none', text: 'one thread serves all' },
  { short: 'u', long: 'user', value: 'user', effect: 'works', text: 'user to become, when started as root' },
  {
    long: 'verbose',
    value: 'level',
    effect: 'works',
    text: 'what is logged: FATAL, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG (default: ERROR)',
  },
  { short: 'V', long: 'version', effect: 'works', text: 'prints the version of gearmand that it answers as' },
  {
    short: 'w',
    long: 'worker-wakeup',
    value: 'num',
    effect: 'works',
    text: 'workers to wake for each job (default: 0, all)',
  },
  { long: 'check-args', effect: 'works', text: 'ends with 0 if it would start with these' },
  { long: 'http-port', value: 'num', effect: 'none', text: NO_HTTP },
  { short: 'p', long: 'port', value: 'num', effect: 'works', text: 'TCP port; 0 for a free one (default: 4730)' },
  { long: 'ssl', effect: 'works', text: 'TLS, with --ssl-certificate and --ssl-key' },
  {
    long: 'ssl-ca-file',
    value: 'file',
    effect: 'works',
    text: 'authorities for certificates of clients, which then need one',
  },
  { long: 'ssl-certificate', value: 'file', effect: 'works', text: 'certificate chain in PEM' },
  { long: 'ssl-key', value: 'file', effect: 'works', text: 'private key in PEM' },
  { long: 'libpq-conninfo', value: 'text', effect: 'works', text: 'the database of --queue-type=postgres' },
  { long: 'libpq-table', value: 'name', effect: 'none', text: 'tables have names of their own' },
  ...['libmemcached-servers', 'libmemcached-prefix', 'libsqlite3-db', 'libsqlite3-table'].map((long) => other(long)),
  { long: 'store-queue-on-shutdown', effect: 'refused', text: OTHER_QUEUE },
  ...['redis-server', 'redis-port', 'redis-password', 'redis-prefix'].map((long) => other(long)),
  ...['mysql-host', 'mysql-port', 'mysql-user', 'mysql-password', 'mysql-db', 'mysql-table'].map((long) => other(long)),
  {
    long: 'level-path',
    value: 'folder',
    effect: 'works',
    text: 'the folder of --queue-type=level; not an option of gearmand',
  },
  {
    long: 'queue-name',
    value: 'name',
    effect: 'works',
    text: 'whose jobs these are in the database (default: <host name>:<port>); not an option of gearmand',
  },
  {
    long: 'timeout-unit',
    value: 'unit',
    effect: 'works',
    text: 'of CAN_DO_TIMEOUT: ms, s as Perl has it, or auto (default: ms); not an option of gearmand',
  },
  {
    long: 'enable-shutdown',
    effect: 'works',
    text: 'lets administrators send "shutdown"; not an option of gearmand',
  },
];

function other(long: string): OptionInfo {
  return { long, value: 'value', effect: 'refused', text: OTHER_QUEUE };
}
