import { type Fault, ValidationError } from '#engine/errors';
import { RequestValidationPipe } from './validation.pipe.js';

const pipe = new RequestValidationPipe();

export type Shape<T> = { value: T; faults: [] } | { value: null; faults: readonly Fault[] };

/**
 * A body as its DTO, or all that is wrong with its shape: for operations whose answer lists faults of meaning beside
 * faults of shape. Such an operation takes its body as `unknown`, which the global pipe lets through.
 */
export async function shapeOf<T extends object>(
  body: unknown,
  type: new () => T,
): Promise<Shape<T>> {
  try {
    const value = (await pipe.transform(body, { type: 'body', metatype: type })) as T;
    return { value, faults: [] };
  } catch (error) {
    if (error instanceof ValidationError) return { value: null, faults: error.faults };
    throw error;
  }
}

/** Faults that are not at, or below, a field whose shape is at fault already. */
export function beyondShape(
  faults: readonly Fault[],
  shapeFaults: readonly Pick<Fault, 'pointer'>[],
): Fault[] {
  return faults.filter(({ pointer }) =>
    shapeFaults.every(
      (known) => pointer !== known.pointer && !pointer.startsWith(`${known.pointer}/`),
    ),
  );
}
