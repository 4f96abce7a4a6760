import { AwsError } from '../platform/call.ts';
import type { Clock } from '../platform/clock.ts';
import type { Answerer, AnswerPart } from './answerer.ts';
import type { ConverseRequest } from './converse-request.ts';

/** Another answerer, at a pace that can be set and to a breaking point that can be armed: as a model that is slow, or fails in the middle. */
export class PacedAnswerer implements Answerer {
  /** How long each part of an answer takes. */
  msPerPart = 0;
  /** How many parts of an answer come before the model breaks off; undefined lets it finish. */
  breaksOffAfter: number | undefined;
  readonly #answerer: Answerer;
  readonly #clock: Clock;

  constructor(answerer: Answerer, clock: Clock) {
    this.#answerer = answerer;
    this.#clock = clock;
  }

  get name(): string {
    return this.#answerer.name;
  }

  async *answer(request: ConverseRequest): AsyncGenerator<AnswerPart> {
    let said = 0;
    for await (const part of this.#answerer.answer(request)) {
      if (this.msPerPart > 0) await this.#clock.sleep(this.msPerPart);
      if (said === this.breaksOffAfter) throw new AwsError('ModelErrorException', 'The model broke off (armed failure).', 424);
      said += 1;
      yield part;
    }
  }
}
