import { gearmanClient, type GearmanOutput, gearmanServer, packet, PacketType } from '@wirewright/codec-gearman';
import { ByteReader, type Codec, encodeMessage } from '@wirewright/core/codec';

import {
  encodeAssign,
  encodeCopy,
  encodeEcho,
  encodeEchoRes,
  encodeNoop,
  encodeReset,
  written,
} from '../by-hand/gearman.ts';
import { abraxasEncode } from '../peers/abraxas.ts';
import { gearmanodeEncode } from '../peers/gearmanode.ts';
import { nodeGearmanEncode } from '../peers/node-gearman.ts';
import type { Row } from '../row.ts';
import { encoding, encodingEach, encodingMade, inTurn, textOf, writing } from '../work.ts';
import { asPacket } from './gearman-looks.ts';
import {
  assign,
  echo,
  ECHOED,
  FUNCTION,
  HANDLE,
  LONG_ECHO,
  mixed,
  MOST,
  PAYLOAD,
  reset,
  SHORT_ECHO,
} from './gearman-messages.ts';

const client = gearmanClient()();
const server = gearmanServer()();

function row(
  what: string,
  codec: Codec<unknown, GearmanOutput>,
  message: GearmanOutput,
  byHand: () => number,
  more: Pick<Row, 'most' | 'peers' | 'also'> = { most: MOST },
): Row {
  const frame = encodeMessage(codec, message);
  return {
    name: `gearman: ${what}`,
    gives: textOf(frame),
    ours: () => ({ gives: () => textOf(encodeMessage(codec, message)), work: encoding(codec, message) }),
    byHand: () => ({ gives: () => written(byHand(), frame.length), work: writing(byHand) }),
    ...more,
  };
}

/** Three packets in turn. */
function mixedRow(): Row {
  const steps = [encodeNoop, () => encodeEchoRes(SHORT_ECHO), () => encodeEchoRes(LONG_ECHO)];
  const frames = mixed.map((message) => encodeMessage(server, message));
  let next = 0;
  return {
    name: 'gearman: encode NOOP, ECHO_RES of 23 B and of 756 B',
    gives: frames.map(textOf),
    ours: () => ({
      gives: () => mixed.map((message) => textOf(encodeMessage(server, message))),
      work: encodingEach(server, mixed),
    }),
    byHand: () => ({
      gives: () => steps.map((step, index) => written(step(), frames[index]!.length)),
      work: writing(() => {
        const end = steps[next]!();
        if (++next === steps.length) next = 0;
        return end;
      }),
    }),
    most: MOST,
  };
}

const job = { handle: HANDLE, name: FUNCTION, payload: PAYLOAD };
const encodeJob = ({ handle, name, payload }: typeof job): number => encodeAssign(handle, name, payload);

const makeAssign = (): GearmanOutput => packet(PacketType.JobAssign, HANDLE, FUNCTION, PAYLOAD);

/** Packets that are written. */
export function gearmanEncodeRows(): readonly Row[] {
  const received = asPacket(client.decode(new ByteReader(encodeMessage(server, assign)))!);
  return [
    row('encode RESET_ABILITIES, 12 B', client, reset, encodeReset, {
      most: MOST,
      peers: {
        gearmanode: () => gearmanodeEncode(PacketType.ResetAbilities, []),
        'node-gearman': () => nodeGearmanEncode('RESET_ABILITIES', []),
        abraxas: () => abraxasEncode('RESET_ABILITIES', { kind: 'request' }),
      },
    }),
    row('encode ECHO_REQ, 25 B', client, echo, () => encodeEcho(ECHOED), {
      most: MOST,
      peers: {
        gearmanode: () => gearmanodeEncode(PacketType.EchoReq, [ECHOED]),
        'node-gearman': () => nodeGearmanEncode('ECHO_REQ', [ECHOED]),
        abraxas: () => abraxasEncode('ECHO_REQ', { kind: 'request', body: ECHOED }),
      },
    }),
    row('encode JOB_ASSIGN, 32 B', server, assign, inTurn(job, encodeJob), {
      most: MOST,
      peers: {
        abraxas: () =>
          abraxasEncode('JOB_ASSIGN', { kind: 'response', args: { job: HANDLE, function: FUNCTION }, body: PAYLOAD }),
      },
      also: {
        'ours, made by packet()': () => ({
          gives: () => textOf(encodeMessage(server, makeAssign())),
          work: encodingMade(server, makeAssign),
        }),
      },
    }),
    mixedRow(),
    row('relay JOB_ASSIGN, 32 B', server, received, () => encodeCopy(received), {}),
  ];
}
