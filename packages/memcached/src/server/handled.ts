import { type BinaryRequest, isSilent, responses, type ServerResponse } from '@wirewright/codec-memcached-binary';
import type { MetaRequest, Request, ServerReply } from '@wirewright/codec-memcached-text';
import { describeCause, HandlerError, isThenable } from '@wirewright/core';

import type { Client } from './client.ts';
import { type Answer, type BinaryHandler, Fatal, type TextHandler } from './handlers.ts';

/** Tells that a handler failed. */
export type TellFailure = (connection: Client, error: HandlerError) => void;

/** The status of a request whose handler failed (couchbase has it as EINTERNAL; memcached has none). */
const INTERNAL_ERROR = 0x84;

/** Has a handler answer a text request. A client that wants no reply gets none; errors of the line are the handler's to look at. */
export function handleText(
  connection: Client,
  request: Request | MetaRequest,
  handler: TextHandler<never>,
  fail: TellFailure,
): unknown {
  return handled<ServerReply>(
    connection,
    () => handler(request as never, connection),
    (reply) => {
      if (!request.noreply) connection.send(reply);
    },
    (error) => {
      const command = request.op === 'command' ? (request.tokens[0] ?? '') : request.op;
      // A text with a line break in it would be two answers.
      if (!request.noreply) connection.send(`SERVER_ERROR ${describeCause(error).replaceAll(/[\r\n]+/g, ' ')}`);
      fail(connection, new HandlerError(command, error));
    },
  );
}

/** Has a handler answer a binary request. What is silent of a quiet one is not sent. */
export function handleBinary(
  connection: Client,
  request: BinaryRequest,
  handler: BinaryHandler,
  fail: TellFailure,
): unknown {
  const { opcode } = request;
  return handled<ServerResponse>(
    connection,
    () => handler(request, connection),
    (response) => {
      const status = 'status' in response ? (response.status ?? 0) : 0;
      if (!isSilent(opcode, status)) connection.send(response);
    },
    (error) => {
      connection.send(responses.failure(request, INTERNAL_ERROR, describeCause(error)));
      fail(connection, new HandlerError(opcode, error));
    },
  );
}

/** Runs a handler, and sends what it answers: at once, or when its promise has settled. */
function handled<Reply>(
  connection: Client,
  run: () => Answer<Reply> | PromiseLike<Answer<Reply>>,
  send: (reply: Reply) => void,
  fail: (error: unknown) => void,
): unknown {
  const answer = (given: Answer<Reply>): void => {
    const end = given instanceof Fatal;
    const replies = end ? given.reply : given;
    if (Array.isArray(replies)) for (const reply of replies as readonly Reply[]) send(reply);
    else if (replies !== undefined) send(replies as Reply);
    if (end) void connection.close();
  };
  try {
    const result = run();
    if (!isThenable(result)) {
      answer(result);
      return undefined;
    }
    return result.then(answer).then(undefined, fail);
  } catch (error) {
    fail(error);
    return undefined;
  }
}
