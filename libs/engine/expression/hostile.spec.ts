import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformFileSync } from '@swc/core';

/*
 * Hostile expressions and data, each in a child process whose time and memory are watched: a hang or a blown
 * heap is then a failed test instead of a stuck run. The child runs the sources as the build would emit them.
 */
const ROOT = join(import.meta.dirname, '../../..');
const OUT = join(ROOT, `node_modules/.cache/hostile-${process.pid}`);

/**
 * What one expression may take of the processor's time, in runs that spend every step they are allowed on the
 * plainest work there is: what is not counted in steps must not cost many times what is. A run is 3 ms of a
 * processor of 2024, which makes this some 60 ms; measured beside it, so that a slow or shared processor is
 * slow for both.
 */
const MAX_RUNS = 20;
/** What all of them together may take. */
const MAX_TOTAL_MILLIS = 60_000;
const MAX_HEAP_MB = 192;

interface Outcome {
  name: string;
  /** At its best of three rounds, of fifteen where none was within {@link MAX_RUNS}. */
  runs: number;
  result: string;
  limit: string | null;
}

/** Source text that evaluates, in the child, to a list of `[name, expression, context?]`. */
const CASES = String.raw`
  const R = (text, n) => text.repeat(n);
  const nested = (n) => { let x = 1; for (let i = 0; i < n; i++) x = [x]; return x; };
  const numbers = (n) => Array.from({ length: n }, (_, i) => i);
  const cycle = {}; cycle.a = cycle;
  const doubling = 'for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]]';
  export const cases = [
    ['5,000 brackets', R('(', 5000) + '1' + R(')', 5000)],
    ['5,000 lists', R('[', 5000) + R(']', 5000)],
    ['5,000 open brackets', R('(', 5000)],
    ['5,000 minus signs', R('-', 5000) + '1'],
    ['5,000 nots', R('not(', 5000) + 'true' + R(')', 5000)],
    ['5,000 ifs', R('if true then ', 3000) + '1'],
    ['5,000 paths', 'a' + R('.b', 5000)],
    ['5,000 filters', 'a' + R('[1]', 5000)],
    ['5,000 list types', '1 instance of ' + R('list<', 5000)],
    ['1,000 terms of and', Array(1000).fill('a = 1').join(' and '), { a: 1 }],
    ['1,000 terms of or', Array(1000).fill('a = 2').join(' or '), { a: 1 }],
    ['1,000 terms of +', Array(1000).fill('1').join(' + ')],
    ['a name of 20,000 words', Array(20000).fill('w').join(' ')],
    ['a key of 20,000 words', '{' + Array(20000).fill('w').join(' ') + ': 1}'],
    ['a loop variable of 20,000 words', 'for ' + Array(20000).fill('w').join(' ') + ' in [1] return 1'],
    ['3,000 special names', '{' + numbers(2500).map((i) => '"a-' + i + '": 1').join(', ') + ', z: ' + Array(1200).fill('a').join(' + ') + '}'],
    ['for over a billion', 'for i in 1..1000000000 return i'],
    ['for over 1000 ** 3', 'for i in 1..1000, j in 1..1000, k in 1..1000 return i * j * k'],
    ['every over a billion divisions', 'every i in 1..1000000000 satisfies i / 3 > 0'],
    ['powers', 'for i in 1..1000000 return 1.0000000000001 ** (i * 1000003)'],
    ['endless recursion', '{f: function(n) f(n + 1), r: f(0)}.r'],
    ['endless recursion in an operand', '{f: function(n) 1 + (2 * (3 + f(n + 1))), r: f(0)}.r'],
    ['exponential recursion', '{f: function(n) if n < 2 then n else f(n - 1) + f(n - 2), r: f(40)}.r'],
    ['self application', '(function(f) f(f))(function(f) f(f))'],
    ['sort by itself', '{f: function(a, b) sort([1, 2], f), r: f(1, 2)}.r'],
    ['a giant string join', 'string join(for i in 1..100000 return "aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbb")'],
    ['doubling strings', 'for i in 1..100000 return if i = 1 then "a" else partial[-1] + partial[-1]'],
    ['doubling lists', 'for i in 1..100 return if i = 1 then [1] else concatenate(partial[-1], partial[-1])'],
    ['doubling trees, returned', doubling],
    ['doubling trees, compared', '{l: ' + doubling + ', r: l = l}.r'],
    ['doubling trees, flattened', '{l: ' + doubling + ', r: flatten(l)}.r'],
    ['doubling trees, as text', '{l: ' + doubling + ', r: string(l)}.r'],
    ['doubling trees, sought', '{l: ' + doubling + ', r: list contains(l, l[60])}.r'],
    ['a list in itself', 'for i in 1..3 return partial'],
    ['nested quantifiers in a pattern', 'matches("' + R('a', 40) + '!", "^(a+)+$")'],
    ['nested quantifiers on much text', 'matches(s, "(x+x+)+y")', { s: R('x', 100000) }],
    ['optional repetitions', 'matches(s, "' + R('(a?)', 100) + R('a', 100) + '")', { s: R('a', 5000) }],
    ['counted repetitions', 'matches(s, "((a{100}){10}){1}")', { s: R('a', 50000) }],
    ['a growing replacement', 'replace(s, "a", "' + R('b', 1000) + '")', { s: R('a', 100000) }],
    ['many patterns', 'for i in 1..100000 return matches("a", "x{900}" + string(i))'],
    ['many class subtractions', 'for i in 1..100000 return matches("a", "[a-z-[b]]" + string(i))'],
    ['a split into characters', 'split(s, "")', { s: R('a', 100000) }],
    ['a huge exponent', '10 ** 1000000000'],
    ['a huge literal exponent', '1e999999999'],
    ['a huge modulus', 'modulo(1e6144, 7e-6000)'],
    ['a number of 900,000 digits', 'number(s)', { s: R('9', 900000) }],
    ['long numbers as text', 'for i in 1..100000 return string(1e6000)'],
    ['time zones', 'for i in 1..100000 return date and time("2020-01-01T00:00:00@Europe/Paris") + duration("P1D")'],
    ['unknown time zones', 'for i in 1..100000 return time("10:00:00@Europe/P" + string(i))'],
    ['keys of the prototype', '__proto__.constructor.constructor("return 1")()'],
    ['a written prototype', '{"__proto__": {"x": 1}}.x'],
    ['a circular context', 'a', cycle],
    ['circular contexts, compared', 'a = a', cycle],
    ['a circular context as text', 'string(a)', cycle],
    ['deep data, returned', 'x', { x: nested(100000) }],
    ['deep data, compared', 'x = x', { x: nested(100000) }],
    ['deep data, flattened', 'flatten(x)', { x: nested(100000) }],
    ['a million elements, filtered', 'l[item > 5]', { l: numbers(1000000) }],
    ['a million elements, reversed', 'reverse(l)', { l: numbers(1000000) }],
    ['long lists, compared often', 'for i in 1..100000 return l = l', { l: numbers(10000) }],
    ['long lists, searched often', 'for i in 1..100000 return -1 in l', { l: numbers(10000) }],
    ['a long sort', 'sort(for i in 1..100000 return 100000 - i, function(a, b) a < b)'],
    ['distinct lists', 'distinct values(for i in 1..100000 return [i])'],
    ['an unclosed string', '"' + R('a', 49000)],
    ['quotes', R("'", 49001)],
    ['open comments', R('/*', 24000)],
    ['a source of a megabyte', R('a + ', 250000) + 'a'],
    ['a range of brackets', 'range("' + R('[', 5000) + '")'],
  ];
`;

const CHILD = `
  import { compile, toJson } from './libs/engine/expression/index.js';
  import { cases } from './cases.js';

  function attempt(source, context) {
    try {
      const { value } = compile(source).evaluate(context);
      return { result: JSON.stringify(toJson(value).value).slice(0, 60), limit: null };
    } catch (error) {
      return { result: error.name, limit: error.limit ?? null };
    }
  }

  function timed(source, context = {}) {
    const before = process.cpuUsage();
    const outcome = attempt(source, context);
    const { user, system } = process.cpuUsage(before);
    return { ...outcome, micros: user + system };
  }

  const run = () => timed('for i in 1..1000000000 return i').micros;
  for (let warm = 0; warm < 20; warm++) run();
  for (const [name, source, context] of cases) {
    let best = { runs: Infinity };
    for (let round = 0; round < 3 || (round < 15 && best.runs > ${MAX_RUNS}); round++) {
      const unit = run();
      // A space more each round: another source, so that compiling counts too.
      const { micros, ...outcome } = timed(source + ' '.repeat(round), context);
      if (micros / unit < best.runs) best = { name, runs: micros / unit, ...outcome };
    }
    console.log(JSON.stringify(best));
  }
`;

function build(): void {
  const sources = join(ROOT, 'libs/engine/expression');
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
    const file = join(sources, name);
    const target = join(OUT, relative(ROOT, file)).replace(/\.ts$/, '.js');
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transformFileSync(file, { configFile: join(ROOT, '.swcrc') }).code);
  }
  writeFileSync(join(OUT, 'package.json'), '{"type": "module"}');
  writeFileSync(join(OUT, 'cases.js'), CASES);
  writeFileSync(join(OUT, 'child.js'), CHILD);
}

/** Runs the child to its end, or to the end of its time. */
async function run(): Promise<{ outcomes: Outcome[]; ended: string }> {
  const child = spawn(
    process.execPath,
    // one thread: what collects memory beside the program would be counted with it, waiting included
    ['--single-threaded', `--max-old-space-size=${MAX_HEAP_MB}`, join(OUT, 'child.js')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: MAX_TOTAL_MILLIS,
    },
  );
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = await new Promise<string>((resolve) => {
    child.on('close', (code, signal) =>
      resolve(code === 0 ? 'well' : `${code ?? signal}: ${errors}`),
    );
  });
  const lines = output.split('\n').filter(Boolean);
  return { outcomes: lines.map((line) => JSON.parse(line) as Outcome), ended };
}

describe('hostile input', () => {
  let outcomes: Outcome[] = [];
  let ended = '';

  beforeAll(async () => {
    build();
    ({ outcomes, ended } = await run());
  }, MAX_TOTAL_MILLIS + 20_000);

  afterAll(() => rmSync(OUT, { recursive: true, force: true }));

  const outcome = (name: string): Outcome | undefined => outcomes.find((one) => one.name === name);

  it('leaves the process alive, within its memory', () => {
    expect(ended).toBe('well');
    expect(outcomes.length).toBeGreaterThan(60);
  });

  it('costs no more than its steps allow, each', () => {
    expect(outcomes.filter(({ runs }) => runs > MAX_RUNS)).toEqual([]);
  });

  it('ends in a result, a syntax error or a limit that is named', () => {
    const broken = outcomes.filter(({ result, limit }) =>
      result === 'ExpressionLimitError'
        ? limit === null
        : /Error$/.test(result) && result !== 'ExpressionSyntaxError',
    );
    expect(broken).toEqual([]);
  });

  it('still works where it must', () => {
    expect(outcome('1,000 terms of and')?.result).toBe('true');
    expect(outcome('1,000 terms of or')?.result).toBe('false');
    expect(outcome('1,000 terms of +')?.result).toBe('1000');
    expect(outcome('nested quantifiers in a pattern')?.result).toBe('false');
    expect(outcome('keys of the prototype')?.result).toBe('null');
  });

  it.each([
    ['5,000 brackets', 'nesting'],
    ['5,000 paths', 'treeHeight'],
    ['a name of 20,000 words', 'nameWords'],
    ['a key of 20,000 words', 'nameWords'],
    ['for over a billion', 'steps'],
    ['for over 1000 ** 3', 'steps'],
    ['endless recursion', 'callDepth'],
    ['doubling strings', 'stringLength'],
    ['a circular context', 'dataDepth'],
    ['a source of a megabyte', 'sourceLength'],
  ])('%s exceeds %s', (name, limit) => {
    expect(outcome(name)).toMatchObject({ result: 'ExpressionLimitError', limit });
  });
});
