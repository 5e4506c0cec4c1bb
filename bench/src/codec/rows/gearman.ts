import type { CodecRows } from '../row.ts';
import { gearmanDecodeRows } from './gearman-decode.ts';
import { gearmanEncodeRows } from './gearman-encode.ts';

/** The packets of the benchmarks of the Go package. */
export function gearmanRows(): CodecRows {
  return {
    rows: [...gearmanDecodeRows(), ...gearmanEncodeRows()],
    missing: [
      { what: 'gearman: encode JOB_ASSIGN, 32 B: gearmanode, node-gearman', why: 'they write requests only' },
      { what: 'gearman: decode RESET_ABILITIES, ECHO_REQ: node-gearman', why: 'it reads responses only' },
    ],
    notes: [
      'gearmanode and node-gearman get one packet at a time where ours takes it off a read of 1 MiB; abraxas gives the last argument as a stream, of which all is read',
    ],
  };
}
