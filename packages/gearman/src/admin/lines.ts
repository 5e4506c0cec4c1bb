import { unexpectedAnswer } from '../unexpected-answer.ts';
import { quoted } from './quoted.ts';

/**
 * What stands behind `OK`.
 *
 * @throws {UnexpectedReplyError} it is no OK
 */
export function okOf([line = '']: readonly string[]): string {
  if (line === 'OK') return '';
  if (line.startsWith('OK ')) return line.slice(3).trim();
  throw unexpectedAnswer('OK', quoted(line));
}

/**
 * A version, with OK in front, as gearmand has it, or without, as Gearman::Server does.
 *
 * @throws {UnexpectedReplyError} it is none
 */
export function versionOf(lines: readonly string[]): string {
  const [line = ''] = lines;
  if (line.startsWith('OK ')) return okOf(lines);
  if (/^v?\d/.test(line)) return line.trim();
  throw unexpectedAnswer('a version', quoted(line));
}

/** @throws {UnexpectedReplyError} it is no number */
export function numberOf(lines: readonly string[]): number {
  const digits = okOf(lines);
  if (/^\d{1,15}$/.test(digits)) return Number(digits);
  throw unexpectedAnswer('a number', quoted(lines[0]!));
}

/** @throws {UnexpectedReplyError} it is no JSON of an object */
export function jsonOf([line = '']: readonly string[]): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Said below.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw unexpectedAnswer('an object of JSON', quoted(line));
}
