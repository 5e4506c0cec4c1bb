export type { Compat } from './answers.ts';
export type {
  ClientRequest,
  CommandFields,
  CountFields,
  DeleteFields,
  FlushFields,
  GetAndTouchFields,
  GetFields,
  Key,
  MetaFields,
  MetaFlags,
  MetaStoreFields,
  PlainFields,
  StoreFields,
  TouchFields,
} from './client-request.ts';
export type { WireItem } from './item-reply.ts';
export type { MetaItem } from './meta-flags.ts';
export type { MetaFlagSet } from './meta-letters.ts';
export type { Uint64 } from './numbers.ts';
export type { ClassicOp, GetOp, MetaOp, StoreOp } from './ops.ts';
export type { MemcachedTextClientOptions, MemcachedTextServerOptions } from './options.ts';
export type { Status } from './reply.ts';
export type { ServerReply } from './server-codec.ts';

export { memcachedTextClient } from './client-codec.ts';
export { ItemReplies } from './item-replies.ts';
export { ItemReply } from './item-reply.ts';
export { metaFlags } from './meta-flags.ts';
export { metaFlagSet } from './meta-letters.ts';
export { MetaRequest } from './meta-request.ts';
export { RenderedItem } from './rendered-item.ts';
export { Reply } from './reply.ts';
export { Request } from './request.ts';
export { memcachedTextServer } from './server-codec.ts';
