import { bodyLength, type ByteWriter, type FrameBody, writeBody } from '@wirewright/core/codec';

import { CRLF, CRLF_BYTES, SPACE } from './characters.ts';
import type {
  ClientRequest,
  CommandFields,
  Key,
  MetaFields,
  MetaFlags,
  MetaStoreFields,
  StoreFields,
} from './client-request.ts';
import { MetaRequest } from './meta-request.ts';
import { uint64Text } from './numbers.ts';
import { Request } from './request.ts';
import { writeDecimal } from './write-decimal.ts';
import { writeBase64Key, writeKey } from './write-key.ts';

/** `get `, `set ` and ` 0 0` as integers. */
const GET = 0x6765_7420;
const SET = 0x7365_7420;
const NO_FLAGS = 0x2030_2030;

/**
 * Appends a request. Whatever goes into its line is checked, so that no part of it can be taken for another command.
 *
 * @throws {RangeError} a key, number or word is none that can be sent
 */
export function writeRequest(request: ClientRequest, output: ByteWriter): void {
  if (request instanceof Request || request instanceof MetaRequest) {
    passOn(request, output);
    return;
  }
  const { op } = request;
  // The most frequent first: they are compared one by one.
  switch (op) {
    case 'mg':
    case 'md':
    case 'ma':
    case 'me':
    case 'ms':
      writeMeta(request, output);
      return;
    case 'get':
    case 'gets':
      if (op === 'get') output.u32(GET);
      else output.latin1('gets ');
      writeKeys(request.key, output);
      output.u16(CRLF_BYTES);
      return;
    case 'gat':
    case 'gats':
      output.latin1(`${op} ${int32(request.exptime, 'exptime')} `);
      writeKeys(request.key, output);
      output.u16(CRLF_BYTES);
      return;
    case 'set':
    case 'add':
    case 'replace':
    case 'append':
    case 'prepend':
    case 'cas':
      writeStore(request, output);
      return;
    case 'delete':
      output.latin1('delete ');
      writeKey(request.key, output);
      end(request.noreply, output);
      return;
    case 'incr':
    case 'decr':
      output.latin1(`${op} `);
      writeKey(request.key, output);
      output.latin1(` ${uint64Text(request.delta, 'delta')}`);
      end(request.noreply, output);
      return;
    case 'touch':
      output.latin1('touch ');
      writeKey(request.key, output);
      output.latin1(` ${int32(request.exptime, 'exptime')}`);
      end(request.noreply, output);
      return;
    case 'flush_all':
      output.latin1(request.exptime === undefined ? op : `${op} ${int32(request.exptime, 'exptime')}`);
      end(request.noreply, output);
      return;
    case 'version':
    case 'quit':
    case 'mn':
      output.latin1(op, CRLF);
      return;
    case 'command':
    case 'stats':
    case 'verbosity':
      writeCommand(request, output);
      return;
    default:
      throw new TypeError(`there is no command ${JSON.stringify(op)}: use op 'command' with tokens`);
  }
}

function writeStore(request: StoreFields, output: ByteWriter): void {
  const { op, key, value, flags = 0, exptime = 0, cas, noreply } = request;
  if ((op === 'cas') !== (cas !== undefined)) throw new TypeError('cas, and no other command, is sent with a cas');
  if (flags >>> 0 !== flags) throw new RangeError(`flags are an unsigned 32-bit integer, not ${flags}`);
  const length = bodyLength(value, 'utf8');
  if (op === 'set') output.u32(SET);
  else output.latin1(`${op} `);
  writeKey(key, output);
  if (flags === 0 && exptime === 0) {
    output.u32(NO_FLAGS);
    output.u8(SPACE);
  } else {
    output.latin1(` ${flags} ${int32(exptime, 'exptime')} `);
  }
  writeDecimal(length, output);
  if (cas !== undefined) output.latin1(` ${uint64Text(cas, 'cas')}`);
  end(noreply, output);
  writeValue(value, output);
}

function writeMeta(request: MetaFields | MetaStoreFields, output: ByteWriter): void {
  const { op, key, flags, base64 = false } = request;
  output.latin1(META_COMMANDS[op]);
  if (base64) writeBase64Key(key, output);
  else writeKey(key, output);
  if (op === 'ms') {
    output.u8(SPACE);
    writeDecimal(bodyLength(request.value, 'utf8'), output);
  }
  if (base64) output.latin1(' b');
  if (flags !== undefined) writeFlags(flags, output);
  output.u16(CRLF_BYTES);
  if (op === 'ms') writeValue(request.value, output);
}

/** The flags that were looked at last. */
let lastFlags = '';

const META_COMMANDS = { mg: 'mg ', ms: 'ms ', md: 'md ', ma: 'ma ', me: 'me ' } as const;

function writeFlags(flags: MetaFlags, output: ByteWriter): void {
  if (typeof flags === 'string') {
    if (flags === '') return;
    output.u8(SPACE);
    // A client says the same again and again.
    if (flags !== lastFlags) lastFlags = oneLine(flags);
    output.latin1(flags);
    return;
  }
  for (const [letter, value] of Object.entries(flags)) {
    if (!/^[a-z]$/i.test(letter)) throw new RangeError(`a flag is one letter, not ${JSON.stringify(letter)}`);
    output.latin1(value === true ? ` ${letter}` : ` ${letter}${oneWord(String(value))}`);
  }
}

function writeCommand({ op, tokens }: CommandFields, output: ByteWriter): void {
  if (tokens.length === 0) throw new TypeError('a command has at least its name as token');
  if (op !== 'command' && tokens[0] !== op) throw new TypeError(`the first token of ${op} is its name`);
  output.latin1(tokens.map(oneWord).join(' '), CRLF);
}

function writeKeys(keys: Key | readonly Key[], output: ByteWriter): void {
  if (!Array.isArray(keys)) {
    writeKey(keys as Key, output);
    return;
  }
  if (keys.length === 0) throw new RangeError('there is at least one key to ask for');
  for (let i = 0; i < keys.length; i++) {
    if (i > 0) output.u8(SPACE);
    writeKey(keys[i] as Key, output);
  }
}

function writeValue(value: FrameBody, output: ByteWriter): void {
  writeBody(output, value, 'utf8');
  output.u16(CRLF_BYTES);
}

/** Ends the line. */
function end(noreply: boolean | undefined, output: ByteWriter): void {
  if (noreply === true) output.latin1(' noreply');
  output.u16(CRLF_BYTES);
}

/** A request that was received leaves as it came. */
function passOn(request: Request | MetaRequest, output: ByteWriter): void {
  if (request.error !== undefined) throw new TypeError(`a malformed request cannot be sent on: ${request.error}`);
  output.range(request.source, request.start, request.end);
}

function int32(value: number, name: string): number {
  if ((value | 0) !== value) throw new RangeError(`${name} is a signed 32-bit integer, not ${value}`);
  return value;
}

/** `text`, if it ends no line: printable ASCII and spaces. */
function oneLine(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < SPACE || code > 0x7e) throw new RangeError('flags are printable ASCII');
  }
  return text;
}

/** `text`, if it is one word on a line. */
function oneWord(text: string): string {
  if (!/^[!-~]+$/.test(text))
    throw new RangeError('a word of a command is printable ASCII without spaces, and not empty');
  return text;
}
