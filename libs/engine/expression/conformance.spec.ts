import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from './compile.js';
import type { Value } from './values/value.js';

/*
 * The cases of the DMN Technology Compatibility Kit (dmn-tck/tck) that are one expression each. They are under
 * their own licence and lie beside the repository; without them this says so and is skipped.
 */
const FILE = join(import.meta.dirname, '../../../../shared/feel-tck/cases.jsonl');
const present = existsSync(FILE);
if (!present) process.stderr.write(`conformance cases are not at ${FILE}: skipped\n`);

interface Case {
  id: string;
  level: number;
  folder: string;
  expression: string;
  context: Record<string, unknown>;
  expected: unknown;
  typeRef?: string;
}

const CONSTRUCTORS: Readonly<Record<string, string>> = {
  $date: 'date',
  $time: 'time',
  $dateTime: 'date and time',
  $duration: 'duration',
  $decimal: 'number',
};

/** Tagged objects as the values that JSON lacks. */
function decode(raw: unknown): Value {
  if (Array.isArray(raw)) return raw.map(decode);
  if (typeof raw !== 'object' || raw === null) return raw as Value;
  const entries = Object.entries(raw);
  const [[tag, text] = ['', '']] = entries;
  const name = entries.length === 1 ? CONSTRUCTORS[tag] : undefined;
  if (name) return compile(`${name}(text)`).evaluate({ text: text as string }).value;
  return Object.fromEntries(entries.map(([key, value]) => [key, decode(value)]));
}

/** Numbers within 1e-8, relative; times by instant and durations by length, which is what `=` does. */
function agrees(got: Value, wanted: Value): boolean {
  if (typeof got === 'number' && typeof wanted === 'number') {
    return Math.abs(got - wanted) <= 1e-8 * Math.max(Math.abs(got), Math.abs(wanted));
  }
  if (Array.isArray(got) && Array.isArray(wanted)) {
    return (
      got.length === wanted.length &&
      got.every((item: Value, i) => agrees(item, wanted[i] as Value))
    );
  }
  if (isPlain(got) && isPlain(wanted)) {
    const keys = Object.keys(got);
    return (
      keys.length === Object.keys(wanted).length &&
      keys.every((key) => Object.hasOwn(wanted, key) && agrees(got[key]!, wanted[key]!))
    );
  }
  return compile('got = wanted').test({ got, wanted }).matched;
}

function isPlain(value: Value): value is Record<string, Value> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** A decision's result of one element, where its variable is declared of the element's type (DMN 1.5 §10.3.2.9.4). */
function asDeclared(value: Value, type: string | undefined): Value {
  if (!Array.isArray(value) || !['string', 'number', 'boolean'].includes(type ?? '')) return value;
  const [only] = value as Value[];
  return value.length === 1 && typeof only === type ? only! : null;
}

function passes({ expression, context, expected, typeRef }: Case, declareNames: boolean): boolean {
  let value: Value = null;
  try {
    const options = declareNames ? { names: Object.keys(context) } : {};
    const now = '2024-01-01T10:00:00Z';
    value = compile(expression, options).evaluate(decode(context) as object, { now }).value;
  } catch {
    // What fails to evaluate counts as null.
  }
  return agrees(asDeclared(value, typeRef), decode(expected));
}

interface Rates {
  all: number;
  valued: number;
  folders: number;
  failed: string[];
}

function measure(cases: readonly Case[], declareNames: boolean): Rates {
  const results = cases.map((one) => ({ one, passed: passes(one, declareNames) }));
  const share = (some: { passed: boolean }[]): number =>
    (100 * some.filter(({ passed }) => passed).length) / some.length;
  const folders = Object.values(byFolder(results));
  return {
    all: share(results),
    valued: share(results.filter(({ one }) => one.expected !== null)),
    folders: folders.reduce((sum, folder) => sum + share(folder), 0) / folders.length,
    failed: results
      .filter(({ passed }) => !passed)
      .map(({ one }) => `${one.id}: ${one.expression}`),
  };
}

function byFolder<T extends { one: Case }>(results: T[]): Record<string, T[]> {
  const folders: Record<string, T[]> = {};
  for (const result of results)
    (folders[`${result.one.level}/${result.one.folder}`] ??= []).push(result);
  return folders;
}

(present ? describe : describe.skip)('DMN conformance kit', () => {
  const cases = present
    ? readFileSync(FILE, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Case)
    : [];

  it.each([
    ['with the names of the data declared', true],
    ['from the source alone', false],
  ])('passes 99 %% %s', (title, declareNames) => {
    const { all, valued, folders, failed } = measure(cases, declareNames);
    const rates = `all ${all.toFixed(2)} %, with a value ${valued.toFixed(2)} %, mean of folders ${folders.toFixed(2)} %`;
    process.stderr.write(`${cases.length} cases ${title}: ${rates}\n${failed.join('\n')}\n`);
    expect(cases.length).toBeGreaterThan(1600);
    expect(Math.min(all, valued, folders)).toBeGreaterThanOrEqual(99);
  });
});
