/** Commands that ask for items, and may name many keys. */
export type GetOp = 'get' | 'gets' | 'gat' | 'gats';

/** Commands that bring a value along. */
export type StoreOp = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas';

/** Commands as they were before the meta commands. `command` is any other line, `close` one that ends the connection without an answer. */
export type ClassicOp =
  | GetOp
  | StoreOp
  | 'delete'
  | 'incr'
  | 'decr'
  | 'touch'
  | 'flush_all'
  | 'verbosity'
  | 'version'
  | 'stats'
  | 'quit'
  | 'command'
  | 'close';

/** The meta commands: get, set, delete, arithmetic, no-op, and what is known of an item. */
export type MetaOp = 'mg' | 'ms' | 'md' | 'ma' | 'mn' | 'me';

const MG = 0x6d67;
const MS = 0x6d73;
const MD = 0x6d64;
const MA = 0x6d61;
const MN = 0x6d6e;
const ME = 0x6d65;

const GET = 0x67_6574;
const SET = 0x73_6574;
const ADD = 0x61_6464;
const CAS = 0x63_6173;
const GAT = 0x67_6174;

const GETS = 0x6765_7473;
const GATS = 0x6761_7473;
const INCR = 0x696e_6372;
const DECR = 0x6465_6372;
const QUIT = 0x7175_6974;
const BGET = 0x6267_6574;

/** Commands that are told by their name. */
export type NamedOp = Exclude<ClassicOp, 'command' | 'close'>;

/** The command that the bytes `[start, end)` name, told by its bytes as integers; `undefined` for one that is none, or one of the rare ones. */
export function opOf(source: Uint8Array, start: number, end: number): NamedOp | MetaOp | undefined {
  switch (end - start) {
    case 2:
      return metaOpOf((source[start]! << 8) | source[start + 1]!);
    case 3:
      switch ((source[start]! << 16) | (source[start + 1]! << 8) | source[start + 2]!) {
        case GET:
          return 'get';
        case SET:
          return 'set';
        case ADD:
          return 'add';
        case CAS:
          return 'cas';
        case GAT:
          return 'gat';
        default:
          return undefined;
      }
    case 4:
      switch (wordAt(source, start)) {
        case GETS:
          return 'gets';
        case GATS:
          return 'gats';
        case INCR:
          return 'incr';
        case DECR:
          return 'decr';
        case QUIT:
          return 'quit';
        case BGET:
          return 'get';
        default:
          return undefined;
      }
    default:
      return longOpOf(source, start, end);
  }
}

function metaOpOf(word: number): MetaOp | undefined {
  switch (word) {
    case MG:
      return 'mg';
    case MS:
      return 'ms';
    case MD:
      return 'md';
    case MA:
      return 'ma';
    case MN:
      return 'mn';
    case ME:
      return 'me';
    default:
      return undefined;
  }
}

/** Commands of five to nine letters: the first four and the last four decide, and in between there is at most one. */
function longOpOf(source: Uint8Array, start: number, end: number): NamedOp | undefined {
  switch (wordAt(source, start)) {
    case 0x746f_7563:
      return is(source, start, end, 5, 0x6f75_6368, 'touch');
    case 0x7374_6174:
      return is(source, start, end, 5, 0x7461_7473, 'stats');
    case 0x6465_6c65:
      return is(source, start, end, 6, 0x6c65_7465, 'delete');
    case 0x6170_7065:
      return is(source, start, end, 6, 0x7065_6e64, 'append');
    case 0x7072_6570:
      return is(source, start, end, 7, 0x7065_6e64, 'prepend');
    case 0x7265_706c:
      return is(source, start, end, 7, 0x6c61_6365, 'replace');
    case 0x7665_7273:
      return is(source, start, end, 7, 0x7369_6f6e, 'version');
    case 0x666c_7573:
      return source[start + 4] === 0x68 ? is(source, start, end, 9, 0x5f61_6c6c, 'flush_all') : undefined;
    case 0x7665_7262:
      return source[start + 4] === 0x6f ? is(source, start, end, 9, 0x7369_7479, 'verbosity') : undefined;
    default:
      return undefined;
  }
}

/** Whether the bytes have that length and that end. */
function is<Op extends NamedOp>(
  source: Uint8Array,
  start: number,
  end: number,
  length: number,
  tail: number,
  op: Op,
): Op | undefined {
  return end - start === length && wordAt(source, end - 4) === tail ? op : undefined;
}

function wordAt(source: Uint8Array, at: number): number {
  return (source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!;
}
