import { notEmulated } from '../platform/call.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const UNITS_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
/** So many days hold every date that a cron expression can name: from one 29 February to the next but one, past a century's end. */
const MAX_DAYS = 8 * 366;

/** When a scheduled rule runs. All times are UTC, in milliseconds since the epoch. */
export interface Schedule {
  /** The first moment after this one; undefined when there is none. */
  next(afterMs: number): number | undefined;
}

/**
 * Reads a rate or cron expression (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html). A rate
 * counts from the rule's creation. Throws a sentence for what EventBridge would refuse, and by name for `L`, `W` and `#`.
 */
export function readSchedule(expression: string, createdAtMs: number): Schedule {
  const [, kind, text = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return rate(text, expression, createdAtMs);
  if (kind === 'cron') return cron(text, expression);
  throw invalid(expression);
}

function rate(text: string, expression: string, createdAtMs: number): Schedule {
  const [, value = '', unit = '', plural] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs === undefined || (value === '1') !== (plural === '')) throw invalid(expression);
  const periodMs = Number(value) * unitMs;
  return { next: (afterMs) => createdAtMs + (Math.floor((afterMs - createdAtMs) / periodMs) + 1) * periodMs };
}

interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly matchesDay: (date: Date) => boolean;
}

function cron(text: string, expression: string): Schedule {
  const fields = text.trim().split(/\s+/);
  const [minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  // One of the two must be left open, by a question mark.
  if (fields.length !== 6 || (dayOfMonth === '?') === (dayOfWeek === '?')) throw invalid(expression);
  const read = (field: string, least: number, most: number, names: readonly string[] = []) =>
    new Set(readField(field, { least, most, names, expression }));
  const [days, weekdays] = [read(open(dayOfMonth), 1, 31), read(open(dayOfWeek), 1, 7, WEEKDAYS)];
  const months = read(month, 1, 12, MONTHS);
  const years = read(year, 1970, 2199);
  const parsed: Cron = {
    minutes: [...read(minutes, 0, 59)].sort((one, other) => one - other),
    hours: [...read(hours, 0, 23)].sort((one, other) => one - other),
    matchesDay: (date) =>
      days.has(date.getUTCDate()) &&
      months.has(date.getUTCMonth() + 1) &&
      weekdays.has(date.getUTCDay() + 1) &&
      years.has(date.getUTCFullYear()),
  };
  return { next: (afterMs) => nextMoment(parsed, afterMs) };
}

const open = (field: string): string => (field === '?' ? '*' : field);

function nextMoment({ minutes, hours, matchesDay }: Cron, afterMs: number): number | undefined {
  const today = Math.floor(afterMs / DAY_MS) * DAY_MS;
  for (let day = today; day < today + MAX_DAYS * DAY_MS; day += DAY_MS) {
    if (!matchesDay(new Date(day))) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const moment = day + hour * HOUR_MS + minute * MINUTE_MS;
        if (moment > afterMs) return moment;
      }
    }
  }
  return undefined;
}

interface FieldRules {
  readonly least: number;
  readonly most: number;
  /** Words for the numbers from 1 on. */
  readonly names: readonly string[];
  readonly expression: string;
}

/** A field's numbers: values, ranges and steps, separated by commas. */
function readField(field: string, rules: FieldRules): number[] {
  const { least, most, names, expression } = rules;
  const numberOf = (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    const number = named >= 0 ? named + 1 : Number(text);
    if (text === '' || !Number.isInteger(number) || number < least || number > most) throw invalid(expression);
    return number;
  };
  return field.split(',').flatMap((part) => {
    if (/^(L|\d*W|LW|\d+L|\w+#\d)$/.test(part)) throw notEmulated(`${part} in the schedule ${expression}`);
    const [span = '', step, ...more] = part.split('/');
    const [first = '', last, ...others] = span.split('-');
    if (more.length > 0 || others.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) throw invalid(expression);
    const from = first === '*' ? least : numberOf(first);
    const toTheEnd = first === '*' || step !== undefined;
    const to = last === undefined ? (toTheEnd ? most : from) : numberOf(last);
    if (to < from) throw invalid(expression);
    return range(from, to).filter((number) => (number - from) % Number(step ?? 1) === 0);
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function invalid(expression: string): Error {
  return new Error(`Parameter ScheduleExpression is not valid: ${expression}`);
}
