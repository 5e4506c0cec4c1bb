import { type BinaryRequest, loudOpcode, type ServerResponse } from '@wirewright/codec-memcached-binary';
import type { ClassicOp, MetaOp, MetaRequest, Request, ServerReply } from '@wirewright/codec-memcached-text';
import { type Connection, InvalidOptionError } from '@wirewright/core';

/** Any request that a server receives. */
export type MemcachedRequest = Request | MetaRequest | BinaryRequest;

/** Anything that a server answers: a line, an item, a response. */
export type MemcachedReply = ServerReply | ServerResponse;

/** A connection of a {@link MemcachedServer}, of either protocol. */
export type MemcachedConnection<Data = unknown> = Connection<MemcachedRequest, MemcachedReply, Data>;

/** An answer behind which the connection is closed. */
export class Fatal<Reply> {
  /** What is answered before; undefined for nothing. */
  readonly reply: Reply | undefined;

  constructor(reply: Reply | undefined) {
    this.reply = reply;
  }
}

/** An answer behind which the connection is closed; without one, it is closed at once. */
export function fatal<Reply>(reply?: Reply): Fatal<Reply> {
  return new Fatal(reply);
}

/** What a handler returns: an answer, several of them, none, or one that ends the connection. */
export type Answer<Reply> = Reply | readonly Reply[] | Fatal<Reply> | undefined | void;

/**
 * Answers a command in place of the server. What comes behind it on the connection waits for it. The request is valid until it has
 * settled.
 */
export type Handler<In, Reply, Data = unknown> = (
  request: In,
  connection: MemcachedConnection<Data>,
) => Answer<Reply> | PromiseLike<Answer<Reply>>;

/** Answers a text command. */
export type TextHandler<R = Request | MetaRequest, Data = unknown> = Handler<R, ServerReply, Data>;

/** Answers a binary request. */
export type BinaryHandler<Data = unknown> = Handler<BinaryRequest, ServerResponse, Data>;

/** The request that a text command comes as. */
export type RequestOf<Command extends string> = Command extends MetaOp ? MetaRequest : Request;

/** What can answer a command, or an opcode. */
export type HandlerOf<Command extends string | number, Data = unknown> = Command extends string
  ? TextHandler<RequestOf<Command>, Data>
  : BinaryHandler<Data>;

/** Commands that close the connection before anybody is asked. */
const RESERVED: ReadonlySet<string> = new Set<ClassicOp>(['close', 'command']);

/** The handlers of a server, by command and by opcode. */
export class Handlers<Data> {
  readonly text: Map<string, TextHandler<never, Data>> = new Map();
  readonly binary: Map<number, BinaryHandler<Data>> = new Map();

  /** @throws {InvalidOptionError} it is no command, or has a handler already */
  add(command: string | number, handler: unknown): void {
    if (typeof handler !== 'function') throw new InvalidOptionError(`the handler of ${command} must be a function`);
    const handlers: Map<unknown, unknown> = typeof command === 'number' ? this.binary : this.text;
    if (handlers.has(command)) throw new InvalidOptionError(`${command} has a handler already`);
    if (typeof command === 'number' ? !isByte(command) : !isWord(command))
      throw new InvalidOptionError(`a handler is for a command, which is a word, or an opcode, not for ${command}`);
    handlers.set(command, handler);
  }

  /** The handler of a text request: of one that is no command of memcached, by its first word. */
  ofText(request: Request | MetaRequest): TextHandler<never, Data> | undefined {
    const { text } = this;
    if (text.size === 0) return undefined;
    return text.get(request.op === 'command' ? (request.tokens[0] ?? '') : request.op);
  }

  /** The handler of an opcode; of a quiet one, if it has none, that of the one that is not. */
  ofBinary(opcode: number): BinaryHandler<Data> | undefined {
    const { binary } = this;
    if (binary.size === 0) return undefined;
    return binary.get(opcode) ?? binary.get(loudOpcode(opcode));
  }
}

function isByte(opcode: number): boolean {
  return Number.isInteger(opcode) && opcode >= 0 && opcode <= 0xff;
}

function isWord(command: string): boolean {
  return typeof command === 'string' && /^[\x21-\x7e]+$/.test(command) && !RESERVED.has(command);
}
