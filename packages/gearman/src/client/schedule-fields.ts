import { InvalidOptionError } from '@wirewright/core';

/** As a crontab counts them, from Sunday on. */
const SUNDAY_FIRST = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * The line of a crontab as the fields of SUBMIT_JOB_SCHED, in which weekdays count from Monday (gearmand's PROTOCOL). Whether a field makes
 * sense, the server says.
 *
 * @throws {InvalidOptionError} it has not five fields, has a NUL, or its weekdays are none
 */
export function scheduleFields(cron: string): readonly string[] {
  const fields = typeof cron === 'string' ? cron.trim().split(/\s+/) : [];
  if (fields.length !== 5 || cron.includes('\0'))
    throw new InvalidOptionError(
      `cron takes five fields, minute hour day month weekday: '0 4 * * mon-fri', not ${cron}`,
    );
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  return [minute, hour, day, month, mondayFirst(weekday)];
}

/** A field of weekdays in numbers from 0, Monday, to 6. */
function mondayFirst(field: string): string {
  if (field === '*' || field === '?') return '*';
  const days = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part);
    const [, from = '', to, step] = match ?? [];
    const first = from === '*' ? 0 : dayNumber(from);
    const open = from === '*' || step !== undefined;
    const last = to === undefined ? (open ? 6 : first) : dayNumber(to);
    const by = Number(step ?? 1);
    if (match === null || first === undefined || last === undefined || last < first || by === 0)
      throw new InvalidOptionError(`${field} are no weekdays: '1-5', 'mon,thu' or '*'`);
    for (let day = first; day <= last; day += by) days.add((day + 6) % 7);
  }
  return [...days].join(',');
}

/** From 0, Sunday, to 7, Sunday again. */
function dayNumber(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text);
  const day = SUNDAY_FIRST.indexOf(text.toLowerCase().slice(0, 3));
  return day < 0 ? undefined : day;
}
