import { TRANSCRIPTION_FAILURES } from '../transcribe.contract.ts';

/** A recording cannot be used as it is; its owner is told why. Trying again would change nothing. */
export class RecordingRejected extends Error {
  override readonly name = 'RecordingRejected';
  readonly failure: 'wrong_type' | 'unreadable' | 'too_long';

  constructor(failure: RecordingRejected['failure'], detail: string = TRANSCRIPTION_FAILURES[failure]) {
    super(detail);
    this.failure = failure;
  }
}

/** For what the first bytes show. */
export const wrongType = (): RecordingRejected => new RecordingRejected('wrong_type');

/** `what` completes "The recording ": what was found, without a full stop. */
export const unreadable = (what: string): RecordingRejected => new RecordingRejected('unreadable', `The recording ${what}.`);
