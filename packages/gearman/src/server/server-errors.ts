import { packet, type PacketFields, PacketType } from '@wirewright/codec-gearman';

function error(code: string, text: string): PacketFields {
  return packet(PacketType.Error, code, text);
}

type ServerErrorName =
  | 'invalidMagic'
  | 'invalidCommand'
  | 'uniqueTooLarge'
  | 'functionTooLarge'
  | 'packetTooLarge'
  | 'numberTooLarge'
  | 'invalidSchedule'
  | 'uniqueTaken'
  | 'queueFull'
  | 'tooManyFunctions'
  | 'noWorker'
  | 'closing'
  | 'resultNotFound'
  | 'dataNotFound'
  | 'exceptionNotFound'
  | 'unknownOption';

/** What a server answers when it refuses something: in the words of gearmand where it has some. */
export const ServerError: Readonly<Record<ServerErrorName, PacketFields>> = {
  invalidMagic: error('INVALID_MAGIC', 'Request magic expected'),
  invalidCommand: error('INVALID_COMMAND', 'Command not expected'),
  uniqueTooLarge: error('ARGUMENT_TOO_LARGE', 'Unique value too large'),
  functionTooLarge: error('ARGUMENT_TOO_LARGE', 'Function name too large'),
  packetTooLarge: error('ARGUMENT_TOO_LARGE', 'Packet is over the limit of this server'),
  numberTooLarge: error('ARGUMENT_TOO_LARGE', 'Number is out of range'),
  invalidSchedule: error('INVALID_ARGUMENT', 'Schedule is none, or has no next time'),
  uniqueTaken: error('INVALID_ARGUMENT', 'Unique is that of another job, which has not this schedule'),
  queueFull: error('QUEUE_ERROR', 'Job queue is full'),
  tooManyFunctions: error('QUEUE_ERROR', 'Too many functions'),
  noWorker: error('QUEUE_ERROR', 'No worker does this function'),
  closing: error('QUEUE_ERROR', 'Server is shutting down'),
  resultNotFound: error('JOB_NOT_FOUND', 'Job given in work result not found'),
  dataNotFound: error('JOB_NOT_FOUND', 'Job does not exist on server'),
  exceptionNotFound: error('JOB_NOT_FOUND', 'An exception was received for a job that does not exist'),
  unknownOption: error('UNKNOWN_OPTION', 'Server does not recognize given option'),
};

/** A packet that has not all of its arguments. */
export function incompletePacket(name: string, args: readonly string[]): PacketFields {
  return error('INVALID_PACKET', `${name} takes ${args.join(', ')}`);
}

/** The store could not keep a job. */
export function storeFailure(reason: string): PacketFields {
  return error('QUEUE_ERROR', reason.replaceAll('\0', ' '));
}
