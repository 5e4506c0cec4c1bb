import Gearman from 'node-gearman';

import type { Doer } from '../row.ts';
import { sink, textOf } from '../work.ts';

/** What the client does with packets, which is not among what it offers. */
interface Inner {
  connected: boolean;
  socket: { write(packet: Buffer): void };
  sendCommandToServer(name: string, ...args: string[]): void;
  receive(chunk: Buffer): void;
  receive_JOB_ASSIGN(handle: string, name: string, payload: Buffer): void;
}

function inner(): Inner {
  return new Gearman('127.0.0.1', 4730) as unknown as Inner;
}

/** node-gearman writes a request, into a socket that is none. */
export function nodeGearmanEncode(name: string, args: readonly string[]): Doer {
  const client = inner();
  let last = Buffer.alloc(0);
  client.connected = true;
  client.socket = {
    write: (packet) => {
      last = packet as Buffer<ArrayBuffer>;
      sink.sum += packet.length;
    },
  };
  const work = (): void => client.sendCommandToServer(name, ...args);
  return {
    gives: () => {
      work();
      return textOf(last);
    },
    work,
  };
}

/** node-gearman reads a JOB_ASSIGN, which is all of a chunk: it waits a turn between packets of one. */
export function nodeGearmanDecodeAssign(
  frame: Buffer,
  fieldsOf: (handle: string, name: string, payload: Buffer) => unknown,
): Doer {
  const client = inner();
  client.receive_JOB_ASSIGN = (handle, name, payload) => {
    sink.last = payload;
    sink.sum += handle.length + name.length + payload.length;
  };
  return {
    gives: () => {
      const reader = inner();
      let fields: unknown;
      reader.receive_JOB_ASSIGN = (...args) => (fields = fieldsOf(...args));
      reader.receive(frame);
      return fields;
    },
    work: () => client.receive(frame),
  };
}
