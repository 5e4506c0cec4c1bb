import type { Request, Response } from '@wirewright/codec-quasizero';
import type { Connection } from '@wirewright/core';

/**
 * Runs a command: fills in the response, which is sent when the handler returns or what it returns has settled. What it throws becomes
 * the error message of the response; payload and metadata that were set by then are sent all the same.
 *
 * The request is valid until then; `request.retain()` makes it last.
 */
export type Handler<Data = unknown> = (
  request: Request,
  response: Response,
  connection: Connection<Request, Response, Data>,
) => unknown;

/** Handlers by command code, a signed 32-bit integer. */
export type Commands<Data = unknown> = Readonly<Record<number, Handler<Data>>>;

/**
 * Stands around the handlers: `next()` runs what is inside and returns what that returned. Whoever does not call it answers instead.
 *
 * ```ts
 * server.use(async (request, response, next) => {
 *   if (request.metadata.get('token') !== token) return response.setError('not allowed');
 *   return next();
 * });
 * ```
 */
export type Middleware<Data = unknown> = (
  request: Request,
  response: Response,
  next: () => unknown,
  connection: Connection<Request, Response, Data>,
) => unknown;
