export type { Message } from './message.ts';
export type { Metadata } from './metadata.ts';
export type { QuasizeroOptions } from './options.ts';
export type { RequestFields } from './request.ts';

export { quasizeroClient } from './client-codec.ts';
export { MAX_FRAME_LENGTH } from './options.ts';
export { Request } from './request.ts';
export { Response } from './response.ts';
export { quasizeroServer } from './server-codec.ts';
