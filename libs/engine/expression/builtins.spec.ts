import { compile } from './compile.js';
import { toJson } from './json.js';

const NOW = '2024-03-01T09:30:00Z';

/** The result in JSON's terms, so that temporals can be written as text. */
function valueOf(source: string, context: object = {}): unknown {
  return toJson(compile(source).evaluate(context, { now: NOW }).value).value;
}

type Row = [source: string, expected: unknown];

describe('string functions', () => {
  it.each<Row>([
    ['substring("workflow", 5)', 'flow'],
    ['substring("workflow", -4, 2)', 'fl'],
    ['substring("\u{1F40E}ab", 2, 1)', 'a'],
    ['substring("abc", 0)', null],
    ['string length("na\u00EFve")', 5],
    ['upper case("stra\u00DFe")', 'STRASSE'],
    ['substring before("a-b-c", "-")', 'a'],
    ['substring before("abc", "x")', ''],
    ['substring after("a-b-c", "-")', 'b-c'],
    ['substring after("abc", "")', 'abc'],
    ['starts with("order-1", "order")', true],
    ['ends with("order-1", "1")', true],
    ['contains("abc", "d")', false],
    ['split("a, b,c", ",\\s*")', ['a', 'b', 'c']],
    ['string join(["a", null, "b"], "-")', 'a-b'],
    ['string join(["a", 1])', null],
    ['replace("2024-03-01", "(\\d+)-(\\d+)-(\\d+)", "$3.$2.$1")', '01.03.2024'],
    ['replace("a.b", ".", "\\$", "i")', '$$$'],
    ['matches("HR-17", "^[A-Z]{2}-\\d+$")', true],
    ['matches("hr-17", "^HR", "i")', true],
    ['matches("a\nb", "a.b")', false],
    ['matches("a\nb", "a.b", "s")', true],
    ['matches("b", "[a-z-[aeiou]]")', true],
    ['matches("e", "[a-z-[aeiou]]")', false],
    ['matches("a", "[")', null],
    ['matches("a", "a", "q")', null],
    ['string(1.0) + string(true) + string("x")', '1truex'],
    ['string([1, "a", {b: date("2024-01-01")}])', '[1, "a", {b: @"2024-01-01"}]'],
    ['substring(["abc"], 2)', 'bc'],
    ['substring(start position: 2, string: "abc")', 'bc'],
    ['substring(string: "abc", start: 2)', null],
    ['substring("abc")', null],
  ])('%s', (source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });
});

describe('list functions', () => {
  it.each<Row>([
    ['list contains([1, null], null)', true],
    ['count([1, [2, 3]])', 2],
    ['min(3, 1, 2)', 1],
    ['max(["a", "c", "b"])', 'c'],
    ['max(date("2024-01-01"), date("2025-01-01"))', '2025-01-01'],
    ['min([])', null],
    ['max(1, "a")', null],
    ['sum([0.1, 0.2])', 0.3],
    ['sum([])', null],
    ['sum(1, null)', null],
    ['mean(1, 2, 6)', 3],
    ['median([3, 1, 2, 10])', 2.5],
    ['stddev(2, 4, 7, 5) > 2.08', true],
    ['mode([1, 2, 2, 1, 3])', [1, 2]],
    ['product(2, 3, 4)', 24],
    ['all([true, null, false])', false],
    ['any([false, null])', null],
    ['sublist([1, 2, 3], 2)', [2, 3]],
    ['sublist([1, 2, 3], -2, 1)', [2]],
    ['sublist([1, 2, 3], 4)', null],
    ['append([1], [2, 3])', [1, [2, 3]]],
    ['concatenate([1], [2, 3], 4)', [1, 2, 3, 4]],
    ['insert before([1, 3], 2, 2)', [1, 2, 3]],
    ['insert before([1, 3], 4, 2)', null],
    ['remove([1, 2, 3], -1)', [1, 2]],
    ['list replace([1, 2, 3], 2, 9)', [1, 9, 3]],
    ['list replace([1, 2, 3], function(item, new) item > 1, 0)', [1, 0, 0]],
    ['reverse([1, 2, 3])', [3, 2, 1]],
    ['index of([1, 2, 1], 1)', [1, 3]],
    ['union([1, 2], [2, 3])', [1, 2, 3]],
    ['distinct values([1, "1", [1], [1], 1.0, null, null])', [1, '1', [1], null]],
    ['flatten([1, [[2], 3]])', [1, 2, 3]],
    ['sort([3, 1, 2], function(a, b) a > b)', [3, 2, 1]],
    ['sort([{n: 1, k: "b"}, {n: 1, k: "a"}], function(x, y) x.n < y.n).k', ['b', 'a']],
  ])('%s', (source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });
});

describe('lists, filters, paths and loops', () => {
  const context = {
    items: [
      { name: 'pen', price: 2, tags: ['a'] },
      { name: 'desk', price: 200, tags: [] },
      { name: 'lamp', price: 40 },
    ],
    limit: 30,
    name: 'outside',
  };

  it.each<Row>([
    ['items[price > limit].name', ['desk', 'lamp']],
    ['items[name = "pen"].price', [2]],
    ['items[item.price > limit][1].name', 'desk'],
    ['items[-1].name', 'lamp'],
    ['items[4]', null],
    ['items[0]', null],
    ['items.tags', [['a'], [], null]],
    ['items[count(tags) > 0].name', ['pen']],
    ['[1, 2, 3][item > 1]', [2, 3]],
    ['5[1]', 5],
    ['5[item > 6]', []],
    ['null[1]', null],
    ['for i in items return i.price * 2', [4, 400, 80]],
    ['for i in 1..3, j in i..3 return 10 * i + j', [11, 12, 13, 22, 23, 33]],
    ['for i in 3..1 return i', [3, 2, 1]],
    ['for i in 1..5 return if i = 1 then 1 else partial[-1] * i', [1, 2, 6, 24, 120]],
    ['for d in @"2024-02-28"..@"2024-03-01" return d.day', [28, 29, 1]],
    ['for i in [1..3) return i', [1, 2]],
    ['some i in items satisfies i.price > 100', true],
    ['every i in items, j in [1, 2] satisfies i.price >= j', true],
    ['{a: 1, b: {c: a + 1}}.b.c', 2],
    ['{f: function(x, y) x - y, r: f(y: 1, x: 5)}.r', 4],
    ['{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(20)}.r', 2432902008176640000],
    ['(for i in 1..3 return function(x) x * i)[2](10)', 20],
    ['{f: function(x: number) x + 1, r: f("a")}.r', null],
    ['{f: function(x: number) x + 1, r: f([4])}.r', 5],
    ['{a: 1, a: 2}', null],
  ])('%s', (source, expected) => {
    expect(valueOf(source, context)).toEqual(expected);
  });
});

describe('dates, times and durations', () => {
  it.each<Row>([
    ['date("2024-02-30")', null],
    ['date(2024, 2, 29) + duration("P1Y")', '2025-02-28'],
    ['date("2024-01-31") + duration("P1M")', '2024-02-29'],
    ['date("2024-03-01") - date("2024-02-01")', 'P29D'],
    ['date("2024-03-01") - duration("P1D")', '2024-02-29'],
    ['time("23:30:00") + duration("PT1H")', '00:30:00'],
    ['time("10:00:00+02:00") - time("10:00:00Z")', '-PT2H'],
    [
      'date and time("2024-03-31T01:30:00@Europe/Berlin") + duration("PT1H")',
      '2024-03-31T03:30:00@Europe/Berlin',
    ],
    [
      'date and time("2024-07-01T12:00:00@Europe/Berlin") = date and time("2024-07-01T10:00:00Z")',
      true,
    ],
    ['date and time("2024-07-01T12:00:00") < date and time("2024-07-01T10:00:00Z")', null],
    ['date and time(date("2024-01-01"), time("10:00:00"))', '2024-01-01T10:00:00'],
    ['date and time(2024, 1, 2, 3, 4, 5, "Europe/Paris")', '2024-01-02T03:04:05@Europe/Paris'],
    ['date and time("2024-01-01T24:00:00")', '2024-01-02T00:00:00'],
    ['time(10, 30, 15.5, duration("PT1H"))', '10:30:15.5+01:00'],
    ['time("10:00:00@Nowhere/City")', null],
    ['duration("P1Y2M") + duration("P11M")', 'P2Y1M'],
    ['duration("PT36H")', 'P1DT12H'],
    ['duration("P1D") * 1.5', 'P1DT12H'],
    ['duration("P1D") / duration("PT8H")', 3],
    ['duration("P1Y1D")', null],
    ['-duration("P1M")', '-P1M'],
    ['abs(duration("-PT5M"))', 'PT5M'],
    ['duration("PT90M").hours', 1],
    ['years and months duration(date("2022-06-15"), date("2024-05-14"))', 'P1Y10M'],
    ['day of week(date("2024-02-29"))', 'Thursday'],
    ['month of year(date("2024-02-29"))', 'February'],
    ['day of year(date("2024-12-31"))', 366],
    ['week of year(date("2021-01-03"))', 53],
    ['date("2024-02-29").weekday', 4],
    ['@"2024-02-29T10:11:12+01:00".time offset', 'PT1H'],
    ['date("999999999-12-31").year', 999999999],
    ['date("-0044-03-15") < date("2024-01-01")', true],
    ['today() - date("2024-02-01")', 'P29D'],
    ['now() > date and time("2024-03-01T10:00:00+01:00")', true],
    [
      'is(date and time("2024-07-01T12:00:00+02:00"), date and time("2024-07-01T10:00:00Z"))',
      false,
    ],
    ['date and time("2024-01-01T10:00:00.25") > date and time("2024-01-01T10:00:00")', true],
  ])('%s', (source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });
});

describe('ranges', () => {
  it.each<Row>([
    ['before([1..3], [4..6])', true],
    ['before([1..4), [4..6])', true],
    ['before(3, [3..6])', false],
    ['after(date("2024-02-01"), date("2024-01-01"))', true],
    ['meets([1..3], [3..5])', true],
    ['met by([3..5], [1..3])', true],
    ['overlaps([1..3], [3..5])', true],
    ['overlaps([1..3), [3..5])', false],
    ['overlaps before([1..3], [2..5])', true],
    ['overlaps after([2..5], [1..3])', true],
    ['finishes(3, [1..3])', true],
    ['finished by([1..3), 3)', false],
    ['includes([1..10], [2..3])', true],
    ['during(2, (1..3))', true],
    ['starts([1..2], [1..5])', true],
    ['started by([1..5], 1)', true],
    ['coincides([1..2], [1..2])', true],
    ['[1..5).end included', false],
    ['(> 5).start', 5],
    ['range("[1..5)") = [1..5)', true],
    ['range("[5..1]")', null],
    ['[1.."a"]', null],
  ])('%s', (source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });
});

describe('contexts and types', () => {
  it.each<Row>([
    ['get value({a: 1}, "a")', 1],
    ['get value({}, "toString")', null],
    ['get entries({a: 1})', [{ key: 'a', value: 1 }]],
    ['context([{key: "a", value: 1}])', { a: 1 }],
    ['context([{key: "a", value: 1}, {key: "a", value: 2}])', null],
    ['context put({a: {b: 1}}, ["a", "c"], 2)', { a: { b: 1, c: 2 } }],
    ['context merge([{a: 1}, {a: 2, b: 3}])', { a: 2, b: 3 }],
    ['1 instance of number', true],
    ['null instance of Any', false],
    ['[1, 2] instance of list<number>', true],
    ['[1, "a"] instance of list<number>', false],
    ['{a: 1, b: 2} instance of context<a: number>', true],
    ['[1..2] instance of range<number>', true],
    ['duration("P1D") instance of days and time duration', true],
    ['(function(a) a) instance of function<number> -> number', true],
    ['1 instance of tMine', null],
  ])('%s', (source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });
});
