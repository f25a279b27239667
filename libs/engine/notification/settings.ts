import type { Fault } from '#engine/errors';
import { type JsonObject, NOTIFICATION_CHANNELS, templateFaults, urlFaults } from '#engine/graph';

/** What people are told of at a step: that it waits for them, and what becomes of it while it does. */
export const STEP_NOTICES = ['asked', 'reminded', 'escalated', 'sent_back', 'question'] as const;

/** What people are told of. `rolled_back`: a modification of the workflow was taken back by itself. */
export const NOTICES = [...STEP_NOTICES, 'rolled_back'] as const;
export type NoticeKind = (typeof NOTICES)[number];

export type NotificationChannel = (typeof NOTIFICATION_CHANNELS)[number];

/** Where a step (`notification_settings`) or a workflow (`notification_escalation`) has people told, and of what. */
export interface NotificationSettings {
  on: readonly NoticeKind[];
  channel: NotificationChannel;
  /** URLs of a webhook; names under which a log line is found. */
  to: readonly string[];
  /** With `{{ expression }}` over the instance's data; null: a sentence of ours. */
  message: string | null;
  /** Subjects or external ids, in place of those who may act. */
  recipients: readonly string[] | null;
}

/** Which settings these are: what they may speak of, and what they do where they do not say. */
export interface SettingsOf {
  notices: readonly NoticeKind[];
  by_default: readonly NoticeKind[];
}

export const OF_STEP: SettingsOf = { notices: STEP_NOTICES, by_default: STEP_NOTICES };
export const OF_WORKFLOW: SettingsOf = {
  notices: NOTICES,
  by_default: ['escalated', 'rolled_back'],
};

const MAX_PLACES = 10;
const MAX_NAME = 200;
const MAX_MESSAGE = 2_000;
const MAX_RECIPIENTS = 100;

/**
 * What is wrong with settings. Those without a `channel` tell nobody and may hold anything; beside the fields that are
 * ours, others are the author's own.
 */
export function settingsFaults(settings: JsonObject, { notices }: SettingsOf, at: string): Fault[] {
  const { channel, to, on, message, recipients } = settings;
  if (channel === undefined) return [];
  const faults: Fault[] = [];
  if (!isOneOf(NOTIFICATION_CHANNELS, channel)) {
    faults.push(unknownWord(`${at}/channel`, channel, NOTIFICATION_CHANNELS));
  }
  if (on !== undefined && !(Array.isArray(on) && on.length > 0)) {
    const known = notices.join(', ');
    faults.push({ pointer: `${at}/on`, code: 'is_array', message: `on is a list of ${known}.` });
  }
  for (const [index, word] of asList(on).entries()) {
    if (!isOneOf(notices, word)) faults.push(unknownWord(`${at}/on/${index}`, word, notices));
  }
  faults.push(...placeFaults(to, channel, `${at}/to`));
  if (message !== undefined && !isText(message, MAX_MESSAGE)) {
    const wanted = `message is text of 1 to ${MAX_MESSAGE} characters.`;
    faults.push({ pointer: `${at}/message`, code: 'is_text', message: wanted });
  } else {
    faults.push(...templateFaults(message, `${at}/message`));
  }
  if (recipients !== undefined && !isListOfTexts(recipients, MAX_RECIPIENTS)) {
    const wanted = `recipients is a list of 1 to ${MAX_RECIPIENTS} subjects or external ids of people.`;
    faults.push({ pointer: `${at}/recipients`, code: 'is_array', message: wanted });
  }
  return faults;
}

/** Null of settings that tell nobody: those without a channel, and those of earlier times that no one could follow. */
export function readSettings(settings: JsonObject, of: SettingsOf): NotificationSettings | null {
  const { channel, to, on, message, recipients } = settings;
  if (channel === undefined || settingsFaults(settings, of, '').length > 0) return null;
  return {
    on: on === undefined ? of.by_default : (on as NoticeKind[]),
    channel: channel as NotificationChannel,
    to: [...new Set(typeof to === 'string' ? [to] : (to as string[]))],
    message: typeof message === 'string' ? message : null,
    recipients: Array.isArray(recipients) ? (recipients as string[]) : null,
  };
}

function placeFaults(to: unknown, channel: unknown, at: string): Fault[] {
  if (!isText(to, Infinity) && !isListOfTexts(to, MAX_PLACES)) {
    const message = `to is one place or a list of 1 to ${MAX_PLACES}: URLs of a webhook, names of a log.`;
    return [{ pointer: at, code: 'required', message }];
  }
  if (channel !== 'webhook') {
    const long = (typeof to === 'string' ? [to] : asList(to)).filter(
      (name) => !isText(name, MAX_NAME),
    );
    const message = `A name is 1 to ${MAX_NAME} characters long.`;
    return long.length > 0 ? [{ pointer: at, code: 'is_text', message }] : [];
  }
  if (typeof to === 'string') return literalUrlFaults(to, at);
  return asList(to).flatMap((url, index) => literalUrlFaults(String(url), `${at}/${index}`));
}

/** Where it goes is the author's to say, not the data's. */
function literalUrlFaults(url: string, at: string): Fault[] {
  if (!url.includes('{{')) return urlFaults(url, at);
  const message = 'Give the URL as it is: a place to tell people takes no expression.';
  return [{ pointer: at, code: 'bad_url', message }];
}

function unknownWord(pointer: string, word: unknown, known: readonly string[]): Fault {
  const message = `${JSON.stringify(word)} is not known here; use ${known.join(', ')}.`;
  return { pointer, code: 'unknown_value', message };
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= longest;
}

function isListOfTexts(value: unknown, most: number): boolean {
  const list = asList(value);
  return list.length > 0 && list.length <= most && list.every((one) => isText(one, 2_000));
}

function isOneOf(words: readonly string[], word: unknown): boolean {
  return typeof word === 'string' && words.includes(word);
}
