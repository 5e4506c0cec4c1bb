import { Buffer } from 'node:buffer';

import { MetaRequest, Reply, Request } from '@wirewright/codec-memcached-text';

/** A message by its values: for a request in good order, the very object that a client sends for it. */
export type Plain = Readonly<Record<string, unknown>>;

const STORES = new Set(['set', 'add', 'replace', 'append', 'prepend', 'cas']);

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** A request by its values. What is no message of ours is taken to be plain already. */
export function plainRequest(message: unknown): Plain {
  if (message instanceof MetaRequest) return { ...plainMeta(message), ...mistake(message) };
  if (message instanceof Request) return { ...plainClassic(message), ...mistake(message) };
  return message as Plain;
}

function mistake({ error, tooLarge }: Request | MetaRequest): Plain {
  return { ...(error === undefined ? {} : { error }), ...(tooLarge ? { tooLarge } : {}) };
}

function plainClassic(request: Request): Plain {
  const { op, key, flags, exptime, cas, delta, value } = request;
  const noreply = request.noreply ? { noreply: true } : {};
  if (request.error !== undefined && !request.tooLarge) return { op, ...noreply };
  if (STORES.has(op)) {
    return { op, key, value: text(value), flags, exptime, ...(op === 'cas' ? { cas } : {}), ...noreply };
  }
  if (op === 'get' || op === 'gets') return { op, key: request.keys };
  if (op === 'gat' || op === 'gats') return { op, exptime, key: request.keys };
  if (op === 'delete') return { op, key, ...noreply };
  if (op === 'incr' || op === 'decr') return { op, key, delta, ...noreply };
  if (op === 'touch') return { op, key, exptime, ...noreply };
  if (op === 'flush_all') return { op, exptime, ...noreply };
  if (op === 'command' || op === 'stats' || op === 'verbosity') return { op, tokens: request.tokens };
  return { op };
}

function plainMeta(request: MetaRequest): Plain {
  const { op, key, tokens, value } = request;
  if (op === 'mn' || (request.error !== undefined && !request.tooLarge)) return { op };
  const base64 = request.has('b');
  const flags = tokens.filter((token) => !base64 || token !== 'b').join(' ');
  return { op, key, flags, ...(base64 ? { base64 } : {}), ...(op === 'ms' ? { value: text(value) } : {}) };
}

/** A reply by its values. */
export function plainReply(reply: Reply): Plain {
  const { status, key, flags, cas, number, value } = reply;
  if (status === 'NUMBER') return { status, number };
  if (status === 'VALUE') return { status, key, flags, value: text(value), ...(cas === undefined ? {} : { cas }) };
  return {
    status,
    text: reply.text,
    ...(key === '' ? {} : { key }),
    ...(reply.valueStart > reply.start ? { value: text(value) } : {}),
  };
}
