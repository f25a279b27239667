import { RE2JS, RE2JSException } from 're2js';

import { LIMITS, type Pattern } from './types.js';

/** What the patterns of one definition may still come to. */
export interface PatternBudget {
  left: number;
}

/** A pattern of ECMA-262, as far as RE2 can run it: in time linear in the text. */
export function compilePattern(
  source: string,
  budget: PatternBudget,
): { pattern?: Pattern; fault?: { code: string; message: string } } {
  if (source.length > LIMITS.pattern_length || budget.left <= 0) {
    const message = `Patterns are at most ${LIMITS.pattern_length} characters long, and all of a workflow's together come to at most ${LIMITS.pattern_size} steps of matching.`;
    return { fault: { code: 'pattern_too_large', message } };
  }
  try {
    const regex = RE2JS.compile(RE2JS.translateRegExp(shortClasses(source)));
    budget.left -= regex.programSize();
    return { pattern: { source, regex } };
  } catch (error) {
    if (!(error instanceof RE2JSException || error instanceof SyntaxError)) throw error;
    const message = `The pattern is none of RE2 (${error.message}); it knows no lookaround and no back-references.`;
    return { fault: { code: 'bad_pattern', message } };
  }
}

/** Unicode's general categories by the long names that ECMA-262 takes as well; RE2 knows the short ones. */
const CATEGORIES: Readonly<Record<string, string>> = {
  Letter: 'L',
  Cased_Letter: 'LC',
  Uppercase_Letter: 'Lu',
  Lowercase_Letter: 'Ll',
  Titlecase_Letter: 'Lt',
  Modifier_Letter: 'Lm',
  Other_Letter: 'Lo',
  Mark: 'M',
  Number: 'N',
  Decimal_Number: 'Nd',
  Letter_Number: 'Nl',
  Other_Number: 'No',
  Punctuation: 'P',
  Symbol: 'S',
  Currency_Symbol: 'Sc',
  Math_Symbol: 'Sm',
  Separator: 'Z',
  Space_Separator: 'Zs',
  Other: 'C',
  Control: 'Cc',
};

function shortClasses(source: string): string {
  return source.replace(
    /\\([pP])\{(?:(?:General_Category|gc|Script|sc)=)?(\w+)\}/g,
    (_, p: string, name: string) => `\\${p}{${CATEGORIES[name] ?? name}}`,
  );
}
