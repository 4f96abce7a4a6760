import { randomUUID } from 'node:crypto';
import { type OpenReservation, openReservation } from '../usage/reservation.ts';
import type { Job } from './job.ts';

/**
 * The id of a reservation that is about to be made for a job: it tells what was reserved, and when. It is noted with the job before, so
 * that what is left open by whoever broke off, or was too late, can be given back. Of one attempt and no other: closing it never closes
 * the reservation of another.
 */
export const newAttempt = (units: number, nowMs: number): string => `${nowMs}.${units}.${randomUUID()}`;

/** Every reservation that may have been made for a job. They may have been closed, or never made. */
export function reservationsOf({ user_id, attempts = new Set() }: Job): OpenReservation[] {
  return [...attempts].map((id) => {
    const [at = 0, units = 0] = id.split('.').map(Number);
    return openReservation(user_id, { id, kind: 'transcription', units, at });
  });
}

/** Those that are of no use, since the job has another one or has ended. Of a job that is yet to have one, none is. */
export function idleReservations(job: Job): OpenReservation[] {
  if (job.status === 'awaiting_upload' || job.status === 'given_up') return [];
  return reservationsOf(job).filter(({ id }) => id !== job.reservation?.id);
}
