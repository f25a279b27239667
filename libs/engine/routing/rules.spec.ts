import fc from 'fast-check';

import { newDecisionRule } from '../../../test/factories/routing.factory.js';
import { decideByRules } from './rules.js';

const options = { now: Date.UTC(2026, 0, 5), hasStep: () => true };

describe('decideByRules', () => {
  it('lets the lowest priority win and names the others that hold as alternatives', () => {
    const { winner, alternatives, tried } = decideByRules(
      [
        newDecisionRule({ rule_id: 'c', priority: 30 }),
        newDecisionRule({ rule_id: 'a', priority: 10, condition_expression: 'amount > 1000' }),
        newDecisionRule({ rule_id: 'b', priority: 20, condition_expression: 'amount > 100' }),
      ],
      { amount: 500 },
      options,
    );
    expect(winner?.rule_id).toBe('b');
    expect(alternatives.map((rule) => rule.rule_id)).toEqual(['c']);
    expect(tried.map((rule) => [rule.rule_id, rule.value])).toEqual([
      ['a', false],
      ['b', true],
      ['c', true],
    ]);
  });

  it('tries what was sent along before what is stored, whatever the priorities', () => {
    const { tried } = decideByRules(
      [
        newDecisionRule({ rule_id: 'workflow', origin: 'workflow', priority: 1 }),
        newDecisionRule({ rule_id: 'stored', origin: 'stored', priority: 5 }),
        newDecisionRule({ rule_id: 'sent', origin: 'request', priority: 900 }),
      ],
      {},
      options,
    );
    expect(tried.map((rule) => rule.rule_id)).toEqual(['sent', 'stored', 'workflow']);
  });

  it('keeps the position between equal priorities and leaves inactive rules out', () => {
    const { tried } = decideByRules(
      ['x', 'y', 'z'].map((rule_id) => newDecisionRule({ rule_id, is_active: rule_id !== 'y' })),
      {},
      options,
    );
    expect(tried.map((rule) => rule.rule_id)).toEqual(['x', 'z']);
  });

  it('takes a condition that cannot be told as not holding, and says why', () => {
    const { winner, tried } = decideByRules(
      [newDecisionRule({ condition_expression: 'amount > 100' })],
      {},
      options,
    );
    expect(winner).toBeNull();
    expect(tried[0]).toMatchObject({ matched: false, value: null });
    expect(tried[0]?.reason).toContain('amount');
  });

  it('records a condition that is too much work instead of throwing, and gives up after three', () => {
    const hostile = '(for x in 1..1000000000 return x) = 1';
    const { tried, winner } = decideByRules(
      [1, 2, 3, 4].map((n) => newDecisionRule({ rule_id: `r${n}`, condition_expression: hostile })),
      {},
      options,
    );
    expect(winner).toBeNull();
    expect(tried[0]?.reason).toContain('limit');
    expect(tried[3]?.reason).toContain('was not tried');
  });

  it('does not apply a rule that leads to a step which the workflow lacks', () => {
    const { winner, tried } = decideByRules(
      [newDecisionRule({ target_step_id: 'elsewhere' })],
      {},
      { ...options, hasStep: (id) => id === 'here' },
    );
    expect(winner).toBeNull();
    expect(tried[0]?.reason).toContain('elsewhere');
  });

  it('is total, and its winner and alternatives are exactly those that hold, in order', () => {
    const rule = fc.record({
      rule_id: fc.string(),
      priority: fc.integer({ min: 0, max: 3 }),
      origin: fc.constantFrom('request', 'stored', 'override', 'workflow'),
      is_active: fc.boolean(),
      condition_expression: fc.constantFrom(
        'true',
        'false',
        'null',
        'a > 1',
        'b = "x"',
        'a + b > 0',
      ),
      target_step_id: fc.constantFrom(null, 'here', 'elsewhere'),
    });
    const data = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString'), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 8 }), data, (rules, context) => {
        const decided = decideByRules(
          rules.map((fields) => newDecisionRule(fields)),
          context,
          { ...options, hasStep: (id) => id === 'here' },
        );
        const matching = decided.tried.filter((tried) => tried.matched);
        expect([decided.winner, ...decided.alternatives].filter(Boolean)).toEqual(matching);
        expect(decided.tried).toHaveLength(rules.filter((fields) => fields.is_active).length);
        expect(matching.every((tried) => tried.value === true)).toBe(true);
        expect(matching.every((tried) => tried.target_step_id !== 'elsewhere')).toBe(true);
      }),
    );
  });
});
