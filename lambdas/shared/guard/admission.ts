import type { RouteContract } from '../function.contract.ts';
import { Refusal } from './refusal.ts';

/** How a request is counted, each way once at most. */
export interface Counting {
  /** For the caller, in a write of its own. */
  user(): Promise<void>;
  /** For the network that it comes from. */
  network(): Promise<void>;
  /** What a reservation holds the caller to that counts the request itself. */
  readonly requestsPerMinute: number;
}

/**
 * That a request is within the limits of its minute: the counting of it, which goes on beside its work. The network is counted from the
 * beginning, the caller by whoever comes first: a reservation, or a write of its own.
 */
export class Admission {
  readonly #counting: Counting;
  readonly #network: Promise<void>;
  #user: Promise<void> | undefined;

  constructor(counting: Counting) {
    this.#counting = counting;
    this.#network = begun(counting.network());
  }

  /** For the reservation that counts the request of the caller in the same write. */
  byReservation(): { readonly requestsPerMinute: number } {
    this.#user ??= Promise.resolve();
    return { requestsPerMinute: this.#counting.requestsPerMinute };
  }

  /** Counts the request of the caller, unless that is done. */
  count(): void {
    this.#user ??= begun(this.#counting.user());
  }

  /** Resolves once what has been begun to be counted is within its limits. Throws a Refusal when it is not. */
  async granted(): Promise<void> {
    await Promise.all([this.#network, this.#user]);
  }

  /** The same once all is counted and nothing is on its way any more, whatever became of the request. */
  async ended(): Promise<void> {
    this.count();
    await Promise.allSettled([this.#network, this.#user]);
    await this.granted();
  }
}

/**
 * Does the work of a request, and answers only if the request was within its limits; they are known by then without having been waited
 * for. What changes something waits for them, unless it reserves units and asks for itself.
 */
export async function admitted<Answer>(admission: Admission, route: RouteContract, work: () => Promise<Answer>): Promise<Answer> {
  try {
    await begin(admission, route);
    const answer = await work();
    await admission.ended();
    return answer;
  } catch (error) {
    throw await refusalOr(error, admission);
  }
}

/** The same for an answer that comes piece by piece: none is passed on before the limits are known. */
export async function* admittedEach<Piece, Whole>(
  admission: Admission,
  route: RouteContract,
  work: () => AsyncGenerator<Piece, Whole>,
): AsyncGenerator<Piece, Whole> {
  try {
    await begin(admission, route);
    const answer = work();
    let next = await answer.next();
    try {
      await admission.ended();
    } catch (error) {
      await answer.return(undefined as Whole);
      throw error;
    }
    for (; !next.done; next = await answer.next()) yield next.value;
    return next.value;
  } catch (error) {
    throw await refusalOr(error, admission);
  }
}

async function begin(admission: Admission, { metered, method }: RouteContract): Promise<void> {
  if (metered) return;
  admission.count();
  if (method !== 'GET') await admission.granted();
}

/** A request that came to nothing is counted all the same, and who has made too many is told so first. */
async function refusalOr(error: unknown, admission: Admission): Promise<unknown> {
  const refusal = await admission.ended().catch((thrown: unknown) => thrown);
  return refusal instanceof Refusal ? refusal : error;
}

/** Whether it fails is asked later. */
function begun(counting: Promise<void>): Promise<void> {
  counting.catch(() => undefined);
  return counting;
}
