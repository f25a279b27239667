import { compileTemplate, namesIn } from './template.js';

describe('compileTemplate', () => {
  const context = { amount: 1200, user: { name: 'Ada' }, tags: ['x', 'y'] };
  const filled = (value: unknown): unknown => compileTemplate(value)(context);

  it('keeps the type of a value that is the whole string', () => {
    expect(filled('{{ amount }}')).toBe(1200);
    expect(filled('{{ tags }}')).toEqual(['x', 'y']);
    expect(filled('{{ unknown }}')).toBeNull();
  });

  it('writes values into text', () => {
    expect(filled('{{ user.name }} owes {{ amount + 1 }}{{ unknown }}: {{ tags }}')).toBe(
      'Ada owes 1201: ["x","y"]',
    );
  });

  it('fills objects and lists, and leaves other values alone', () => {
    expect(filled({ a: ['{{ amount }}', 1, null], b: true })).toEqual({
      a: [1200, 1, null],
      b: true,
    });
  });

  it('ends an expression at the braces that leave something that parses', () => {
    expect(filled('{{ {a: {b: amount}} }}')).toEqual({ a: { b: 1200 } });
    expect(filled('{{ {a: {b: amount}}}}!')).toBe('{"a":{"b":1200}}!');
  });

  it('refuses an expression that does not parse or is not closed', () => {
    expect(() => compileTemplate('{{ 1 + }}')).toThrow('line 1');
    expect(() => compileTemplate('{{ amount')).toThrow('line 1');
  });
});

describe('namesIn', () => {
  it('gives what expressions read, wherever they stand', () => {
    const value = {
      url: 'https://{{ host }}/{{ results.fan.results[1] }}',
      body: ['{{ for x in list return x + y }}', '{{ get value(results, "a-b").n }}', 'plain', 1],
    };
    expect([...namesIn(value)].sort()).toEqual(['host', 'list', 'results', 'y']);
    expect([...namesIn('results')]).toEqual([]);
  });
});
