import { compile, type CompiledExpression, type SyntaxNode } from '#engine/expression';

/** A condition as far as it can be reasoned about. */
export type Formula =
  | { kind: 'all' | 'any'; terms: Formula[] }
  | { kind: 'not'; term: Formula }
  /** Compares nothing but what is known. */
  | { kind: 'known'; expression: CompiledExpression }
  /** Compares one field with fixed values. */
  | { kind: 'test'; field: string; answer: (value: unknown) => boolean | null; literals: unknown[] }
  /** Anything else: it may be true, false or null; on one way always the same, unless what is known differs. */
  | { kind: 'opaque'; source: string; reads_known: boolean };

/** Whether a name stands for something that is known where the condition is asked, instead of a field of the data. */
export type IsKnown = (root: string) => boolean;

/** Values that a field may be given so that every test of it comes out every way that it can. */
export type Candidates = ReadonlyMap<string, readonly unknown[]>;

const TESTS: ReadonlySet<SyntaxNode['kind']> = new Set([
  'literal',
  'name',
  'path',
  'negate',
  'compare',
  'between',
  'in',
  'list',
  'range',
  'equalityTest',
]);

/** @throws ExpressionSyntaxError */
export function formulaOf(source: string, isKnown: IsKnown): Formula {
  return formula(compile(source).syntax, source, isKnown);
}

function formula(node: SyntaxNode, source: string, isKnown: IsKnown): Formula {
  const inner = (child: SyntaxNode): Formula => formula(child, source, isKnown);
  if (node.kind === 'and') return { kind: 'all', terms: node.terms.map(inner) };
  if (node.kind === 'or') return { kind: 'any', terms: node.terms.map(inner) };
  if (node.kind === 'call' && node.callee.kind === 'name' && node.callee.name === 'not') {
    const [term, ...more] = node.args;
    if (term && more.length === 0) return { kind: 'not', term: inner(term) };
  }
  return testOf(source.slice(node.start, node.end), node, isKnown);
}

function testOf(source: string, node: SyntaxNode, isKnown: IsKnown): Formula {
  const { variables } = compile(source);
  const reads_known = variables.some((name) => isKnown(name.split('.')[0] ?? ''));
  const opaque: Formula = { kind: 'opaque', source, reads_known };
  const reads = readsOf(node);
  if (!reads) return opaque;
  const open = reads.filter(([root = '']) => !isKnown(root));
  const paths = new Map(open.map((path) => [keyOf(path), path]));
  if (paths.size > 1 || (paths.size === 1 && open.length < reads.length)) return opaque;
  const [path] = paths.values();
  const expression = compile(source);
  if (!path) return { kind: 'known', expression };
  const answers = new Map<unknown, boolean | null>();
  const answer = (value: unknown): boolean | null => {
    const known = answers.get(value);
    if (known !== undefined) return known;
    const answered = expression.test(dataWith(path, value)).value;
    answers.set(value, answered);
    return answered;
  };
  return { kind: 'test', field: keyOf(path), answer, literals: literalsOf(node) };
}

/** The fields that a plain comparison reads; null where it is more than that. */
function readsOf(node: SyntaxNode): string[][] | null {
  const path = pathOf(node);
  if (path) return [path];
  if (!TESTS.has(node.kind) || node.kind === 'path') return null;
  if (node.kind === 'literal') return isPlain(node.value) ? [] : null;
  const reads = partsOf(node).map(readsOf);
  return reads.some((read) => read === null) ? null : reads.flatMap((read) => read ?? []);
}

function pathOf(node: SyntaxNode): string[] | null {
  if (node.kind === 'name') return [node.name];
  if (node.kind !== 'path') return null;
  const target = pathOf(node.target);
  return target && [...target, node.name];
}

function partsOf(node: SyntaxNode): SyntaxNode[] {
  switch (node.kind) {
    case 'negate':
    case 'equalityTest':
      return [node.operand];
    case 'compare':
      return [node.left, node.right];
    case 'between':
      return [node.value, node.low, node.high];
    case 'in':
      return [node.value, ...node.tests];
    case 'list':
      return node.items;
    case 'range':
      return [node.low, node.high].filter((end) => end !== null);
    default:
      return [];
  }
}

function isPlain(value: unknown): boolean {
  return value === null || ['boolean', 'number', 'string'].includes(typeof value);
}

/** Candidates of all fields that the formulas test. */
export function candidatesOf(formulas: readonly Formula[]): Candidates {
  const literals = new Map<string, Set<unknown>>();
  const collect = (part: Formula): void => {
    switch (part.kind) {
      case 'all':
      case 'any':
        return part.terms.forEach(collect);
      case 'not':
        return collect(part.term);
      case 'test': {
        const known = literals.get(part.field) ?? new Set();
        for (const literal of part.literals) known.add(literal);
        literals.set(part.field, known);
        return;
      }
      case 'known':
      case 'opaque':
        return;
    }
  };
  formulas.forEach(collect);
  return new Map([...literals].map(([key, known]) => [key, spread([...known])]));
}

/** A field that is asked by itself is compared with true. */
function literalsOf(node: SyntaxNode): unknown[] {
  if (pathOf(node)) return [true];
  if (node.kind === 'literal') return [node.value];
  if (node.kind === 'negate' && node.operand.kind === 'literal') {
    const { value } = node.operand;
    return typeof value === 'number' ? [-value] : [];
  }
  return partsOf(node)
    .filter((part) => !pathOf(part))
    .flatMap(literalsOf);
}

/** The literals and a value in each gap between them; null stands for a field that is not there. */
function spread(literals: readonly unknown[]): unknown[] {
  const numbers = literals.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  const texts = literals.filter((value) => typeof value === 'string').sort();
  return [
    ...numbers.flatMap((value, index) => {
      const next = numbers[index + 1];
      return [value, next === undefined ? value + 1 : (value + next) / 2];
    }),
    ...numbers.slice(0, 1).map((least) => least - 1),
    ...texts.flatMap((value) => [value, `${value} `]),
    ...(texts.length > 0 ? ['something else', ''] : []),
    ...(literals.every((value) => value === null) ? ['something'] : []),
    ...(literals.some((value) => typeof value === 'boolean') ? [true, false] : []),
    null,
  ].filter((value, index, all) => all.indexOf(value) === index);
}

/** Fields by one text; a name may hold a dot. */
function keyOf(path: readonly string[]): string {
  return path.join('\0');
}

/** The data in which the field has this value. */
function dataWith(path: readonly string[], value: unknown): Record<string, unknown> {
  const nested = path
    .toReversed()
    .reduce((inner: unknown, name) => Object.fromEntries([[name, inner]]), value);
  return nested as Record<string, unknown>;
}
