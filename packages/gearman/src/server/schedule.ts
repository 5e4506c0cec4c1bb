import { Cron } from 'croner';

/** The days as PROTOCOL counts them, from Monday on. */
const MONDAY_FIRST = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** The fields of SUBMIT_JOB_SCHED: each as in a crontab, empty for any. */
export interface ScheduleFields {
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  /** 0 is Monday (gearmand's PROTOCOL, SUBMIT_JOB_SCHED), where a crontab has Sunday; names mean the same in both. */
  readonly weekday: string;
}

/** The fields as a line of a crontab, which has 0 for Sunday; undefined when they are none. */
export function scheduleLine({ minute, hour, day, month, weekday }: ScheduleFields): string | undefined {
  const weekdays = crontabWeekdays(weekday === '' ? '*' : weekday);
  if (weekdays === undefined) return undefined;
  const fields = [minute, hour, day, month].map((field) => (field === '' ? '*' : field));
  const line = [...fields, weekdays].join(' ');
  return isScheduleLine(line) ? line : undefined;
}

/** Whether a line can be understood, and has a next time. */
function isScheduleLine(line: string): boolean {
  try {
    return cronOf(line, 'UTC').nextRun() !== null;
  } catch {
    return false;
  }
}

/**
 * When a line comes next after `after`, in ms since 1970; undefined for never. Where clocks are put forward, a time that there is not comes as
 * soon as it is over; where they are put back, one that there is twice comes once.
 *
 * @param zone as in the tz database: `Europe/Berlin`; undefined for that of the machine
 */
export function nextTime(line: string, after: number, zone: string | undefined): number | undefined {
  return cronOf(line, zone).nextRun(new Date(after))?.getTime();
}

function cronOf(line: string, zone: string | undefined): Cron {
  return new Cron(line, { mode: '5-part', paused: true, ...(zone === undefined ? {} : { timezone: zone }) });
}

/** A field of weekdays in the numbers of a crontab. */
function crontabWeekdays(field: string): string | undefined {
  if (field === '*' || field === '?') return '*';
  const days = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const [, from, to, step] = match;
    const first = from === '*' ? 0 : dayNumber(from!);
    const single = to === undefined && step === undefined && from !== '*';
    const last = to === undefined ? (single ? first : 6) : dayNumber(to);
    const by = Number(step ?? 1);
    if (first === undefined || last === undefined || last < first || by === 0) return undefined;
    for (let day = first; day <= last; day += by) days.add((day + 1) % 7);
  }
  return [...days].join(',');
}

/** From 0, Monday, to 6. */
function dayNumber(text: string): number | undefined {
  if (/^[0-6]$/.test(text)) return Number(text);
  const day = MONDAY_FIRST.indexOf(text.toLowerCase().slice(0, 3));
  return day < 0 ? undefined : day;
}
