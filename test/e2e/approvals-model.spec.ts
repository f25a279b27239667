import fc from 'fast-check';

import { type Service, startService } from '../support/service.js';

interface Instance {
  workflow_instance_id: string;
  outcome: string | null;
  code?: string;
}
interface Ballot {
  voter: number;
  yes: boolean;
}

const VOTERS = 5;
const RUNS = 40;

/** How many yeses, and how many noes, decide. */
const POLICIES = [
  { yes: 3, no: 3, policy: { approve_when: { at_least: 3 }, reject_when: { at_least: 3 } } },
  { yes: 5, no: 1, policy: { approve_when: 'all', reject_when: 'any' } },
  { yes: 1, no: 5, policy: { approve_when: 'any', reject_when: 'all' } },
  { yes: 4, no: 2, policy: { approve_when: { percentage: 80 }, reject_when: { weight: 2 } } },
];

describe('random approvals through HTTP and SQL', () => {
  let service: Service;
  const workflows: string[] = [];
  beforeAll(async () => {
    service = await startService();
    for (const [index, { policy }] of POLICIES.entries()) {
      const step = { step_id: 'vote', step_name: 'Vote', step_type: 'approval', order_sequence: 1 };
      const level = { level: 1, role_required: 'board', policy: { ...policy, voters: VOTERS } };
      const { body } = await service.request<{ workflow_id: string }>(
        'POST',
        '/multi-step/create',
        {
          workflow_name: `Vote ${index}`,
          category: 'test',
          steps: [step],
          approval_hierarchies: [level],
        },
      );
      workflows.push(body.workflow_id);
    }
  });
  afterAll(() => service.stop());

  /** The plain model: each answer to a ballot, and the outcome after it. */
  const expected = ({ yes, no }: { yes: number; no: number }, ballots: readonly Ballot[]) => {
    const voted = new Map<number, boolean>();
    let outcome: string | null = null;
    return ballots.map(({ voter, yes: isYes }) => {
      if (outcome !== null) return 'instance_not_running';
      if (voted.has(voter)) return 'approval_already_given';
      voted.set(voter, isYes);
      const yeses = [...voted.values()].filter(Boolean).length;
      const noes = voted.size - yeses;
      if (yeses >= yes) outcome = 'completed';
      else if (noes >= no || noes > VOTERS - yes) outcome = 'rejected';
      return outcome;
    });
  };

  it('come to what a plain model says, vote by vote, and history holds the same votes', async () => {
    const ballot = fc.record({ voter: fc.integer({ min: 1, max: VOTERS }), yes: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: POLICIES.length - 1 }),
        fc.array(ballot, { minLength: 1, maxLength: 8 }),
        async (index, ballots) => {
          const path = `/workflows/${workflows[index]}/instances`;
          const started = await service.request<Instance>('POST', path, { started_by: 'ada' });
          const instance = `${path}/${started.body.workflow_instance_id}`;
          const answers: (string | null)[] = [];
          for (const { voter, yes } of ballots) {
            const act = `${instance}/steps/vote/${yes ? 'approve' : 'reject'}`;
            const who = { decided_by: `v${voter}`, user_context: { roles: ['board'] } };
            const { body } = await service.request<Instance>('POST', act, who);
            answers.push(body.code ?? body.outcome);
          }
          const model = expected(POLICIES[index]!, ballots);
          expect(answers).toEqual(model);
          const { body } = await service.request<{
            items: { event_type: string; payload: object }[];
          }>('GET', `${instance}/history?limit=200`);
          const decided = body.items.filter(({ event_type }) => event_type === 'approval_decided');
          const counted = ballots.filter(
            (_, at) => model[at] === null || !model[at]!.includes('_'),
          );
          expect(decided.map(({ payload }) => payload)).toMatchObject(
            counted.map(({ voter, yes }) => ({
              decided_by: `v${voter}`,
              decision: yes ? 'approved' : 'rejected',
            })),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
});
