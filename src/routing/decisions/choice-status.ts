export const CHOICE_STATUSES = ['awaited', 'confirmed', 'changed', 'lapsed'] as const;
export type ChoiceStatus = (typeof CHOICE_STATUSES)[number];

/** What became of a decision that was left to a person; null of one that was not. */
export function choiceStatus(row: {
  person_choice: 'pending' | 'confirmed' | 'changed' | null;
  /** Its instance waits for it. */
  is_awaited: boolean | null;
}): ChoiceStatus | null {
  if (row.person_choice !== 'pending') return row.person_choice;
  return row.is_awaited ? 'awaited' : 'lapsed';
}
