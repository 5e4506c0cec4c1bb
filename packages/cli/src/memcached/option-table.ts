/** What becomes of an option of memcached's. */
export type Effect =
  /** It does what it does there. */
  | 'works'
  /** It is taken, and a warning says that it has no effect, and why that does no harm. */
  | 'none'
  /** The server does not start with it. */
  | 'refused';

export interface OptionInfo {
  readonly short?: string;
  readonly long: string;
  /** What its value is called; without, it has none. */
  readonly value?: string;
  readonly effect: Effect;
  /** What it does; of one without effect, why it needs none; of one that is refused, why. */
  readonly text: string;
}

/** The options of memcached 1.6.18 in the order of its help, and those of our own. */
export const OPTIONS: readonly OptionInfo[] = [
  {
    short: 'p',
    long: 'port',
    value: 'num',
    effect: 'works',
    text: 'TCP port; 0 for none, -1 for a free one (default: 11211)',
  },
  { short: 'U', long: 'udp-port', value: 'num', effect: 'none', text: 'there is no UDP' },
  {
    short: 's',
    long: 'unix-socket',
    value: 'file',
    effect: 'works',
    text: 'unix socket to listen on, instead of a port',
  },
  {
    short: 'a',
    long: 'unix-mask',
    value: 'mask',
    effect: 'works',
    text: 'permissions of the unix socket, in octal (default: 700)',
  },
  { short: 'A', long: 'enable-shutdown', effect: 'works', text: 'lets clients send "shutdown"' },
  {
    short: 'l',
    long: 'listen',
    value: 'addr',
    effect: 'works',
    text: 'address to listen on, <addr>[:<port>], several with commas; notls: in front of one is without TLS',
  },
  { short: 'd', long: 'daemon', effect: 'works', text: 'runs in the background' },
  { short: 'r', long: 'enable-coredumps', effect: 'none', text: 'the limit on core files is that of who starts it' },
  { short: 'u', long: 'user', value: 'user', effect: 'works', text: 'user to become, when started as root' },
  { short: 'm', long: 'memory-limit', value: 'num', effect: 'works', text: 'megabytes for items (default: 64)' },
  {
    short: 'M',
    long: 'disable-evictions',
    effect: 'works',
    text: 'refuses to store when the memory is full, instead of making room',
  },
  { short: 'c', long: 'conn-limit', value: 'num', effect: 'works', text: 'connections at once (default: 1024)' },
  { short: 'k', long: 'lock-memory', effect: 'none', text: 'memory cannot be locked from here' },
  { short: 'v', long: 'verbose', effect: 'works', text: 'prints errors; -vv commands and answers, too' },
  { short: 'h', long: 'help', effect: 'works', text: 'prints this' },
  { short: 'i', long: 'license', effect: 'works', text: 'prints the licence' },
  { short: 'V', long: 'version', effect: 'works', text: 'prints the version of memcached that it answers as' },
  { short: 'P', long: 'pidfile', value: 'file', effect: 'works', text: 'file that has the process id while it runs' },
  { short: 'f', long: 'slab-growth-factor', value: 'num', effect: 'none', text: 'chunks grow by 1.15' },
  { short: 'n', long: 'slab-min-size', value: 'bytes', effect: 'none', text: 'chunks begin at 64 bytes' },
  { short: 'L', long: 'enable-largepages', effect: 'none', text: 'pages are those of the process' },
  {
    short: 'D',
    long: 'prefix-delimiter',
    value: 'char',
    effect: 'works',
    text: 'what ends the prefix of a key, and counts by prefix from the start (default: ":")',
  },
  { short: 't', long: 'threads', value: 'num', effect: 'none', text: 'one thread serves all' },
  {
    short: 'R',
    long: 'max-reqs-per-event',
    value: 'num',
    effect: 'none',
    text: 'a connection makes way for others after 1024 requests or 1 MiB',
  },
  { short: 'C', long: 'disable-cas', effect: 'works', text: 'items have no cas' },
  {
    short: 'b',
    long: 'listen-backlog',
    value: 'num',
    effect: 'works',
    text: 'connections that may wait to be accepted (default: 1024)',
  },
  { short: 'B', long: 'protocol', value: 'name', effect: 'works', text: 'auto, ascii or binary (default: auto)' },
  {
    short: 'I',
    long: 'max-item-size',
    value: 'num',
    effect: 'works',
    text: 'bytes of an item, with k or m for more (default: 1m, min: 1k, max: 1024m)',
  },
  {
    short: 'S',
    long: 'enable-sasl',
    effect: 'works',
    text: 'asks for a login by SASL PLAIN; MEMCACHED_SASL_PWDB names a file of user:password lines',
  },
  { short: 'F', long: 'disable-flush-all', effect: 'works', text: 'clients cannot flush' },
  { short: 'X', long: 'disable-dumping', effect: 'works', text: 'clients cannot list keys' },
  { short: 'W', long: 'disable-watch', effect: 'works', text: 'clients cannot watch' },
  {
    short: 'Y',
    long: 'auth-file',
    value: 'file',
    effect: 'works',
    text: 'asks for a login by a first set; a file of user:password lines, read again at SIGHUP',
  },
  {
    short: 'e',
    long: 'memory-file',
    value: 'file',
    effect: 'refused',
    text: 'items are in the memory of the process and end with it',
  },
  { short: 'Z', long: 'enable-ssl', effect: 'works', text: 'TLS, with -o ssl_chain_cert and ssl_key' },
  { short: 'o', long: 'extended', value: 'list', effect: 'works', text: 'more options, with commas: see below' },
  { short: 'N', long: 'napi_ids', value: 'num', effect: 'none', text: 'one thread serves all' },
  {
    long: 'compat',
    value: 'version',
    effect: 'works',
    text: 'answers as memcached 1.6.18 or 1.6.45 (default: 1.6.18); not an option of memcached',
  },
];

const TUNED = 'there is nothing of that kind to tune';
const EXTSTORE = 'there is no external storage';

/** The extended options, which come with `-o`; most can have `no_` in front. */
export const SUBOPTIONS: readonly OptionInfo[] = [
  {
    long: 'idle_timeout',
    value: 'seconds',
    effect: 'works',
    text: 'closes connections that were silent for so long (default: 0, never)',
  },
  { long: 'track_sizes', effect: 'works', text: '"stats sizes" has something to tell' },
  { long: 'ssl_chain_cert', value: 'file', effect: 'works', text: 'certificate chain in PEM' },
  { long: 'ssl_key', value: 'file', effect: 'works', text: 'private key, if it is not in the chain' },
  {
    long: 'ssl_verify_mode',
    value: 'num',
    effect: 'works',
    text: 'certificates of clients: 0 none, 1 asked for, 2 and 3 needed (default: 0)',
  },
  { long: 'ssl_keyformat', value: 'name', effect: 'works', text: 'PEM; others are refused' },
  { long: 'ssl_ciphers', value: 'list', effect: 'works', text: 'ciphers, as OpenSSL names them' },
  { long: 'ssl_ca_cert', value: 'file', effect: 'works', text: 'authorities for the certificates of clients, in PEM' },
  {
    long: 'ssl_min_version',
    value: 'num',
    effect: 'works',
    text: '0 to 3: TLS 1.0 to 1.3, or tlsv1.2 and the like (default: tlsv1.2)',
  },
  { long: 'maxconns_fast', effect: 'none', text: 'connections above the limit are always closed at once' },
  { long: 'relaxed_privileges', effect: 'none', text: 'no privilege is dropped but those that -u drops' },
  { long: 'drop_privileges', effect: 'none', text: 'no privilege is dropped but those that -u drops' },
  { long: 'modern', effect: 'none', text: 'what it turns on is on, or is not needed' },
  { long: 'hashpower', value: 'num', effect: 'none', text: 'the index grows a few buckets at a time' },
  { long: 'hashexpand', effect: 'none', text: 'the index grows a few buckets at a time' },
  {
    long: 'hash_algorithm',
    value: 'name',
    effect: 'none',
    text: 'keys are hashed by murmur3 with a seed of the process',
  },
  { long: 'tail_repair_time', value: 'num', effect: 'none', text: 'no item is held by anybody' },
  { long: 'lru_crawler', effect: 'none', text: 'what has expired makes room for others without it' },
  { long: 'lru_crawler_sleep', value: 'num', effect: 'none', text: 'there is no crawler' },
  { long: 'lru_crawler_tocrawl', value: 'num', effect: 'none', text: 'there is no crawler' },
  { long: 'lru_maintainer', effect: 'none', text: 'there is one LRU for each size' },
  { long: 'hot_lru_pct', value: 'num', effect: 'none', text: TUNED },
  { long: 'warm_lru_pct', value: 'num', effect: 'none', text: TUNED },
  { long: 'hot_max_factor', value: 'num', effect: 'none', text: TUNED },
  { long: 'warm_max_factor', value: 'num', effect: 'none', text: TUNED },
  { long: 'temporary_ttl', value: 'num', effect: 'none', text: TUNED },
  {
    long: 'read_buf_mem_limit',
    value: 'num',
    effect: 'none',
    text: 'an idle connection has no buffers, and each has limits',
  },
  { long: 'resp_obj_mem_limit', value: 'num', effect: 'none', text: 'answers are not objects' },
  { long: 'slab_chunk_max', value: 'num', effect: 'none', text: 'items above 512 KiB have memory of their own' },
  { long: 'slab_reassign', effect: 'none', text: 'a page goes to the size that needs one' },
  { long: 'slab_automove', value: 'num', effect: 'none', text: 'a page goes to the size that needs one' },
  { long: 'slab_automove_ratio', value: 'num', effect: 'none', text: TUNED },
  { long: 'slab_automove_window', value: 'num', effect: 'none', text: TUNED },
  { long: 'slab_automove_freeratio', value: 'num', effect: 'none', text: TUNED },
  { long: 'watcher_logbuf_size', value: 'num', effect: 'none', text: 'a watcher may have 256 KiB unread' },
  { long: 'worker_logbuf_size', value: 'num', effect: 'none', text: 'there is no such buffer' },
  { long: 'sock_cookie_id', value: 'num', effect: 'none', text: 'sockets carry no such id' },
  { long: 'inline_ascii_resp', effect: 'none', text: 'items are kept as they are sent' },
  { long: 'no_inline_ascii_resp', effect: 'none', text: 'items are kept as they are sent' },
  { long: 'ssl_wbuf_size', value: 'num', effect: 'none', text: TUNED },
  { long: 'ssl_session_cache', effect: 'none', text: 'sessions are resumed by tickets' },
  { long: 'ssl_kernel_tls', effect: 'none', text: 'the kernel does not encrypt here' },
  ...[
    'ext_path',
    'ext_page_size',
    'ext_wbuf_size',
    'ext_threads',
    'ext_item_size',
    'ext_item_age',
    'ext_low_ttl',
    'ext_drop_unread',
    'ext_recache_rate',
    'ext_compact_under',
    'ext_drop_under',
    'ext_max_frag',
    'ext_max_sleep',
  ].map((long): OptionInfo => ({ long, value: 'value', effect: 'refused', text: EXTSTORE })),
];
