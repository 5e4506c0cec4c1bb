/*
 * A protocol of your own in one file: a calculator that speaks JSON behind a length.
 *
 *   +---------------+----------------------------------------+
 *   | length, u32   | JSON, utf-8, 0 .. 4096 bytes           |
 *   +---------------+----------------------------------------+
 *
 *   request   { "id": 1, "operator": "+", "operands": [2, 3] }
 *   reply     { "id": 1, "result": 5 }   or   { "id": 1, "error": "division by zero" }
 *
 * The framing comes from a building block; what is our own is the messages, and the checks on what a stranger sends.
 *
 *   node examples/dist/custom-protocol.js
 */
import { Client, type Connection, Exchange, ProtocolError, Server } from '@wirewright/core';
import { lengthPrefixed, mapCodec } from '@wirewright/core/codec';

import { run } from './run.ts';

// ---------------------------------------------------------------- the messages

const operators = {
  '+': (a: number, b: number): number => a + b,
  '-': (a: number, b: number): number => a - b,
  '*': (a: number, b: number): number => a * b,
  '/': (a: number, b: number): number => a / b,
};

type Operator = keyof typeof operators;

interface Request {
  readonly id: number;
  readonly operator: Operator;
  readonly operands: readonly [number, number];
}

type Reply = { readonly id: number; readonly result: number } | { readonly id: number; readonly error: string };

// ---------------------------------------------------------------- the codec

const frames = lengthPrefixed({ as: 'string', maxFrameLength: 4096 });

/** What the server plugs in: it reads requests and sends replies. */
const serverCodec = mapCodec(frames, {
  decode: (text) => requestOf(JSON.parse(text)),
  encode: (reply: Reply) => JSON.stringify(reply),
});

/** What the client plugs in: the other direction. */
const clientCodec = mapCodec(frames, {
  decode: (text) => replyOf(JSON.parse(text)),
  encode: (request: Request) => JSON.stringify(request),
});

/**
 * What the peer sent is anything at all until it was looked at. Text that is no JSON closes the connection, too: what `decode` throws
 * is a protocol error.
 *
 * @throws {ProtocolError} it is no request
 */
function requestOf(value: unknown): Request {
  const { id, operator, operands } = fieldsOf(value);
  if (typeof id !== 'number') throw new ProtocolError('a request needs an id');
  if (!isOperator(operator)) throw new ProtocolError(`operator must be one of ${Object.keys(operators).join(' ')}`);
  const [a, b, ...more]: unknown[] = Array.isArray(operands) ? operands : [];
  if (typeof a !== 'number' || typeof b !== 'number' || more.length > 0)
    throw new ProtocolError('operands must be two numbers');
  return { id, operator, operands: [a, b] };
}

/** @throws {ProtocolError} it is no reply */
function replyOf(value: unknown): Reply {
  const { id, result, error } = fieldsOf(value);
  if (typeof id === 'number' && typeof result === 'number') return { id, result };
  if (typeof id === 'number' && typeof error === 'string') return { id, error };
  throw new ProtocolError('a reply needs an id, and a result or an error');
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new ProtocolError('a message must be an object');
  return { ...value };
}

function isOperator(value: unknown): value is Operator {
  return typeof value === 'string' && Object.hasOwn(operators, value);
}

// ---------------------------------------------------------------- the service

/** A request that is understood but has no result is no protocol error: it gets an answer, and the connection goes on. */
function answer({ id, operator, operands: [a, b] }: Request): Reply {
  if (operator === '/' && b === 0) return { id, error: 'division by zero' };
  return { id, result: operators[operator](a, b) };
}

// ---------------------------------------------------------------- the client

/** What the calculator could not compute. */
class CalculatorError extends Error {
  override readonly name = 'CalculatorError';
}

/** @throws {CalculatorError} the reply is an error */
function resultOf(reply: Reply): number {
  if ('error' in reply) throw new CalculatorError(reply.error);
  return reply.result;
}

/** Asks questions on a connection; any number may be on the way, and the answers may come in any order. */
class Calculator {
  readonly #exchange: Exchange<Reply, Request>;
  #lastId = 0;

  constructor(connection: Connection<Reply, Request>) {
    this.#exchange = new Exchange(connection, {
      byId: { request: (request) => request.id, reply: (reply) => reply.id },
    });
  }

  async compute(a: number, operator: Operator, b: number): Promise<number> {
    return this.#exchange.request({ id: ++this.#lastId, operator, operands: [a, b] }, resultOf);
  }
}

/** Sends text as it is, behind its length, and resolves when the server has closed the connection. */
async function sendRaw(port: number, text: string): Promise<void> {
  await using client = new Client({ codec: lengthPrefixed({ as: 'string' }) });
  const connection = await client.connect({ port });
  connection.send(text);
  await connection.closed;
}

// ---------------------------------------------------------------- the exchange

await run(async () => {
  await using server = new Server({ codec: serverCodec })
    .onRead((connection, request) => connection.send(answer(request)))
    .onError(({ name }, error) => console.log(`server: ${name} is closed: ${error.message}`));
  const { port } = await server.listen({ port: 0, host: 'localhost' });

  await using client = new Client({ codec: clientCodec });
  const calculator = new Calculator(await client.connect({ port: port! }));

  console.log(`2 + 3 = ${await calculator.compute(2, '+', 3)}`);

  // Both leave in one write; the answers come in one, too.
  const [difference, product] = await Promise.all([calculator.compute(10, '-', 4), calculator.compute(6, '*', 7)]);
  console.log(`10 - 4 = ${difference} and 6 * 7 = ${product}`);

  await calculator.compute(1, '/', 0).catch((error: Error) => console.log(`1 / 0: ${error.message}`));

  // Strangers are turned away, each on a connection of its own.
  await sendRaw(port!, '{"id":1,"operator":"**","operands":[2,3]}');
  await sendRaw(port!, 'hello?');

  console.log(`1 / 8 = ${await calculator.compute(1, '/', 8)}, for all that`);
});
