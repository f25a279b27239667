/**
 * Evaluations per second of the FEEL engine beside `new Function` (the limit) and the libraries one might use
 * instead, in one run. `npm run build` first; then `node test/bench/expressions.bench.mjs`.
 *
 * Every contender gets the same data objects, a hundred different ones in turn, and has compiled or loaded its
 * rules beforehand, as its documentation shows.
 */
import { compile } from '#engine/expression';
import { compileTable, decideByTable } from '#engine/table';

const ROUNDS = 5;
const MILLIS = 200;

/** @returns {Promise<any>} the module, or null where it is not installed or not built for this machine */
const optional = (name) => import(name).catch(() => null);

const [feelin, cel, zen, rules] = await Promise.all([
  optional('feelin'),
  optional('@marcbachmann/cel-js'),
  optional('@gorules/zen-engine'),
  optional('json-rules-engine'),
]);

const DEPARTMENTS = ['HR', 'IT', 'sales', 'legal'];
const data = Array.from({ length: 100 }, (_, i) => {
  const record = {
    amount: i * 37,
    priority: i % 3 ? 'high' : 'low',
    department: DEPARTMENTS[i % 4],
    segment: `S${i % 20}`,
  };
  for (let f = 0; f < 30; f++) record[`field${f}`] = (i * 31 + f * 17) % 100;
  return record;
});

/** A rule's terms in every contender's own language. */
const term = (name, operator, value) => ({ name, operator, value });
const literal = (value) => JSON.stringify(value);
const feelText = (terms) =>
  terms.map(({ name, operator, value }) => `${name} ${operator} ${literal(value)}`).join(' and ');
const celText = (terms, prefix = '') =>
  terms
    .map(({ name, operator, value }) => {
      const right = typeof value === 'number' ? `${value}.0` : literal(value);
      return `${prefix}${name} ${operator === '=' ? '==' : operator} ${right}`;
    })
    .join(' && ');
const jsText = (terms) =>
  terms
    .map(
      ({ name, operator, value }) =>
        `d.${name} ${operator === '=' ? '===' : operator} ${literal(value)}`,
    )
    .join(' && ');
const RULE_OPERATORS = {
  '>': 'greaterThan',
  '>=': 'greaterThanInclusive',
  '<': 'lessThan',
  '=': 'equal',
};
const ruleConditions = (terms) => ({
  all: terms.map(({ name, operator, value }) => ({
    fact: name,
    operator: RULE_OPERATORS[operator],
    value,
  })),
});

const one = [term('amount', '>', 1000)];
const three = [
  term('amount', '>', 1000),
  term('priority', '=', 'high'),
  term('department', '=', 'IT'),
];
const twenty = Array.from({ length: 20 }, (_, i) => [
  term(`field${i}`, '>', 90),
  term(`field${i + 10}`, '<', 30),
]);

/** A table of 100 rows: 20 segments, five bands of amounts each; one row holds for every record. */
const BANDS = [0, 500, 1000, 2000, 3000, 4000];
const hundred = Array.from({ length: 100 }, (_, i) => [
  term('segment', '=', `S${Math.floor(i / 5)}`),
  term('amount', '>=', BANDS[i % 5]),
  term('amount', '<', BANDS[(i % 5) + 1]),
]);

function ourTable() {
  const table = compileTable({
    table_id: 'bench',
    table_name: 'Bench',
    hit_policy: 'unique',
    aggregation: null,
    inputs: [
      { label: 'segment', expression: 'segment' },
      { label: 'amount', expression: 'amount' },
    ],
    outputs: [{ name: 'row', values: [], default_value: null }],
    rules: hundred.map(([segment, low, high], i) => ({
      rule_id: String(i),
      inputs: [literal(segment.value), `[${low.value}..${high.value})`],
      outputs: [String(i)],
      annotation: '',
    })),
  });
  return (d) => decideByTable(table, d, { now: 0 }).output;
}

/** How each contender answers the first rule that holds, as a function of the data. */
function contenders(ruleSet) {
  const result = {};
  const natives = ruleSet.map((terms) => new Function('d', `return ${jsText(terms)};`));
  result['new Function'] = (d) => natives.findIndex((rule) => rule(d));
  const ours = ruleSet.map((terms) => compile(feelText(terms)));
  result['#engine/expression'] = (d) => ours.findIndex((rule) => rule.test(d).matched);
  if (feelin) {
    const sources = ruleSet.map(feelText);
    result['feelin'] = (d) =>
      sources.findIndex((source) => feelin.evaluate(source, d).value === true);
  }
  if (cel) {
    const parsed = ruleSet.map((terms) => cel.parse(celText(terms)));
    const asDoubles = new Map(data.map((d) => [d, d]));
    result['@marcbachmann/cel-js'] = (d) =>
      parsed.findIndex((rule) => rule(asDoubles.get(d)) === true);
  }
  if (zen?.evaluateExpressionSync) {
    const sources = ruleSet.map((terms) =>
      celText(terms).replaceAll('.0', '').replaceAll('&&', 'and'),
    );
    result['@gorules/zen-engine'] = (d) =>
      sources.findIndex((source) => zen.evaluateExpressionSync(source, d) === true);
  }
  if (rules) {
    const engine = new rules.Engine(
      ruleSet.map((terms, i) => ({
        conditions: ruleConditions(terms),
        event: { type: String(i) },
        priority: ruleSet.length - i,
      })),
      { allowUndefinedFacts: true },
    );
    engine.on('success', () => engine.stop());
    result['json-rules-engine'] = async (d) => {
      const { events } = await engine.run(d);
      return events.length > 0 ? Number(events[0].type) : -1;
    };
  }
  return result;
}

/** Evaluations per second: the best of several rounds, against the machine's other work. */
async function rate(evaluate) {
  const begin = performance.now();
  const asynchronous = evaluate(data[0]) instanceof Promise;
  // what takes milliseconds looks at the clock often, or a round would take minutes
  const slow = asynchronous || performance.now() - begin > 1;
  const batch = slow ? 10 : 100;
  let best = 0;
  let sink = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < MILLIS) {
      // Enough work between two looks at the clock that the clock does not count.
      for (let times = 0; times < (slow ? 1 : 20); times++) {
        for (let i = 0; i < batch; i++) {
          const answer = evaluate(data[i]);
          sink += asynchronous ? await answer : answer;
        }
        count += batch;
      }
    }
    best = Math.max(best, (count / (performance.now() - start)) * 1000);
  }
  if (sink === Infinity) throw new Error('unreachable');
  return best;
}

/** Every contender must give the same answer to every record, or its rate says nothing. */
async function disagreements(evaluate, expected) {
  let wrong = 0;
  for (const [i, record] of data.entries()) {
    try {
      if ((await evaluate(record)) !== expected[i]) wrong++;
    } catch {
      wrong++;
    }
  }
  return wrong;
}

const workloads = {
  'one comparison': [one],
  'three joined by and': [three],
  '20 rules, first hit, 30 fields': twenty,
  'a table of 100 rows': hundred,
};

for (const [title, ruleSet] of Object.entries(workloads)) {
  const entries = Object.entries({
    ...contenders(ruleSet),
    ...(ruleSet === hundred && { '#engine/table': ourTable() }),
  });
  const [, native] = entries[0];
  const expected = data.map((record) => native(record));
  const rows = [];
  let limit = 0;
  for (const [name, evaluate] of entries) {
    const wrong = await disagreements(evaluate, expected);
    const perSecond = wrong > 0 ? 0 : await rate(evaluate);
    limit ||= perSecond;
    rows.push({
      contender: name,
      'per second':
        wrong > 0
          ? `wrong on ${wrong} of ${data.length}`
          : Math.round(perSecond).toLocaleString('en'),
      'of new Function': wrong > 0 ? '' : `1/${(limit / perSecond).toPrecision(3)}`,
    });
  }
  console.log(`\n${title}`);
  console.table(rows);
}
