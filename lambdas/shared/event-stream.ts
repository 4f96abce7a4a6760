import type { Problem } from './problem.ts';

/** An event as a client of `text/event-stream` receives it (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: object;
}

/**
 * What an answer says instead of an event once it is sure to be paid for, and may be silent for long: from then on the stream is kept
 * alive. Before, nothing is sent, so that the status line can tell any refusal.
 */
export const UNDER_WAY = Symbol('under way');

/**
 * An answer as it arises: events, and at the end the whole as one document. It yields a Problem when what it has told before turns out not
 * to hold, which ends the events; who waits for the whole is not concerned.
 */
export type AnswerInEvents<Event extends ServerSentEvent, Whole extends object> = AsyncGenerator<Event | Problem | typeof UNDER_WAY, Whole>;

/** Lets an answer come to its end, and gives the whole of it. */
export async function wholeOf<Whole extends object>(answer: AnswerInEvents<ServerSentEvent, Whole>): Promise<Whole> {
  for (;;) {
    const next = await answer.next();
    if (next.done) return next.value;
  }
}

/** As it travels. JSON holds no line break, so that one line of data does. */
export const formatEvent = ({ event, data }: ServerSentEvent): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** A line that clients skip. */
export const KEEP_ALIVE = ': keep-alive\n\n';
