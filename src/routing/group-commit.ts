import { type PendingAudit, presentAudits, runWithAudits } from '#audit';
import { DomainError } from '#engine/errors';
import type { Database, Tx } from '#persistence';
import { type Claim, keepAnswers, presentClaim } from '#platform/http';
import { Batcher, BUSY } from '#runtime';

/** Requests of one transaction; more only make it longer. */
const BATCH = 50;
/** One batch is decided while the other waits for its commit. */
const BATCHES_AT_A_TIME = 2;

/** What came of a request, or why it was refused; BUSY: to be tried again, waiting for whoever has its instance. */
export type Outcome<Answer> = Done<Answer> | DomainError | typeof BUSY;

interface Done<Answer> {
  answer: Answer;
  /** It had been done before. */
  unchanged?: true;
}

type Together<Item, Answer> = (
  tx: Tx,
  items: readonly Item[],
  hold: 'wait' | 'skip_locked',
) => Promise<Outcome<Answer>[]>;

interface Request<Item> {
  item: Item;
  claim: Claim | undefined;
  audits: readonly PendingAudit[];
}

/**
 * Requests that arrive together share a transaction. Each keeps what is its own: its refusal, its answer under an
 * Idempotency-Key, its audit. What somebody else holds is waited for in a transaction of its own, so that it does not
 * keep the others waiting.
 */
export class GroupCommit<Item, Answer> {
  private readonly batcher = new Batcher<Request<Item>, Outcome<Answer>>(
    (requests) => this.transaction(requests, 'skip_locked'),
    { size: BATCH, concurrency: BATCHES_AT_A_TIME },
  );

  /** @param together an outcome for each item, in their order; nothing of a refused one may be written */
  constructor(
    private readonly database: Database,
    private readonly together: Together<Item, Answer>,
  ) {}

  /** Resolves when it is committed. @throws DomainError its refusal */
  async carryOut(item: Item): Promise<Answer> {
    const request = { item, claim: presentClaim(), audits: presentAudits() };
    let outcome = await this.batcher.add(request);
    while (outcome === BUSY) [outcome = BUSY] = await this.transaction([request], 'wait');
    if (outcome instanceof DomainError) throw outcome;
    return outcome.answer;
  }

  private transaction(
    requests: readonly Request<Item>[],
    hold: 'wait' | 'skip_locked',
  ): Promise<Outcome<Answer>[]> {
    const audits: PendingAudit[] = [];
    const work = async (tx: Tx): Promise<Outcome<Answer>[]> => {
      const items = requests.map(({ item }) => item);
      const outcomes = await this.together(tx, items, hold);
      const done = requests.flatMap((request, place) => {
        const outcome = outcomes[place] ?? BUSY;
        return outcome === BUSY || outcome instanceof DomainError ? [] : [{ request, outcome }];
      });
      const changes = done.filter(({ outcome }) => !outcome.unchanged);
      audits.splice(0, Infinity, ...changes.flatMap(({ request }) => request.audits));
      const answers = done.flatMap(({ request: { claim }, outcome: { answer: body } }) =>
        claim ? [{ claim, body }] : [],
      );
      await keepAnswers(tx, answers);
      return outcomes;
    };
    return runWithAudits(audits, () => this.database.transaction(work, { lookups: true }));
  }
}
