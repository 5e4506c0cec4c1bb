import { Buffer } from 'node:buffer';

export function job(id, fields = {}) {
  return {
    id,
    handle: `H:t:${id}`,
    function: Buffer.from('f'),
    unique: Buffer.alloc(0),
    payload: Buffer.from(`payload ${id}`),
    priority: 1,
    when: 0,
    reducer: undefined,
    attempts: 0,
    schedule: '',
    ...fields,
  };
}
