export type { Message, Metadata, RequestFields } from '@wirewright/codec-quasizero';
export type { Commands, Handler, Middleware } from './handler.ts';
export type { QuasizeroClientOptions } from './quasizero-client.ts';
export type { QuasizeroServerOptions } from './quasizero-server.ts';

export { MAX_FRAME_LENGTH, Request, Response } from '@wirewright/codec-quasizero';
export { CommandError } from './errors.ts';
export { Pipeline } from './pipeline.ts';
export { QuasizeroClient } from './quasizero-client.ts';
export { QuasizeroServer } from './quasizero-server.ts';
