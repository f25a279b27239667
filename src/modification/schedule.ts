import { type Fault, ValidationError } from '#engine/errors';

const LATEST_DAYS = 366;
const MS_A_DAY = 86_400_000;

/** What is wrong with the time at which a modification is to be applied. */
export function scheduleFaults({ scheduled_at }: { scheduled_at: string | null }): Fault[] {
  return scheduled_at === null || isToCome(scheduled_at)
    ? []
    : [
        {
          pointer: '/scheduled_at',
          code: 'out_of_range',
          message: `It is applied at a time to come, within ${LATEST_DAYS} days; leave it out to apply it at once.`,
        },
      ];
}

/** @throws ValidationError */
export function rollbackTime({ scheduled_at }: { scheduled_at?: string }): Date {
  if (scheduled_at !== undefined && isToCome(scheduled_at)) return new Date(scheduled_at);
  const message = `The strategy scheduled needs scheduled_at: a time to come, within ${LATEST_DAYS} days.`;
  throw new ValidationError([{ pointer: '/scheduled_at', code: 'required', message }]);
}

function isToCome(time: string): boolean {
  const at = Date.parse(time);
  const now = Date.now();
  return at > now && at < now + LATEST_DAYS * MS_A_DAY;
}
