/*
 * The formats that are asserted (JSON Schema 2020-12, Validation §7.3), each in time linear in the text. Those of
 * internationalised names and of templates are annotations, as all unknown ones are.
 */

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0));
}

/** RFC 3339, with the leap second where it can be: at the end of a day of UTC. */
function isTime(text: string): boolean {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text);
  if (!match) return false;
  const [, hour, minute, second, sign, offsetHour = '0', offsetMinute = '0'] = match;
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  const [oh, om] = [Number(offsetHour), Number(offsetMinute)];
  if (h > 23 || m > 59 || oh > 23 || om > 59) return false;
  if (s < 60) return true;
  const utc = h * 60 + m - (sign === '-' ? -1 : 1) * (oh * 60 + om);
  return s === 60 && ((utc % 1440) + 1440) % 1440 === 1439;
}

function isDateTime(text: string): boolean {
  return /^.{10}[Tt]/.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

/** RFC 3339, appendix A. */
function isDuration(text: string): boolean {
  const time = '(?:T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S))';
  const date = '(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)';
  return new RegExp(`^P(?:\\d+W|${date}${time}?|${time})$`).test(text);
}

function isHostname(text: string): boolean {
  if (text.length > 253 || text === '') return false;
  return text
    .split('.')
    .every(
      (label) => label.length <= 63 && /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/.test(label),
    );
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && +part <= 255)
  );
}

function isIpv6(text: string): boolean {
  if (text.length > 45) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    const ends = index === halves.length - 1;
    for (const [at, part] of parts.entries()) {
      if (ends && at === parts.length - 1 && part.includes('.')) {
        if (!isIpv4(part)) return false;
        groups += 2;
      } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups += 1;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (at < 1 || local.length > 64) return false;
  const quoted = /^"(?:[^"\\\u0000-\u001f]|\\[^\u0000-\u001f])*"$/.test(local);
  const atoms = local.split('.').every((atom) => /^[\w!#$%&'*+/=?^`{|}~-]+$/.test(atom));
  if (!quoted && !atoms) return false;
  if (!domain.startsWith('[')) return isHostname(domain);
  const literal = /^\[(IPv6:)?([^\]]+)\]$/.exec(domain);
  const address = literal?.[2] ?? '';
  return literal?.[1] === undefined ? isIpv4(address) : isIpv6(address);
}

/** RFC 3986 §3: what stands before the path is looked at by its parts. */
function isUriReference(text: string, absolute: boolean): boolean {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text)?.[0] ?? '';
  if (absolute && scheme === '') return false;
  let rest = text.slice(scheme.length);
  // without a scheme, a first part with a colon would be one
  if (scheme === '' && /^[^/?#]*:/.test(rest)) return false;
  if (rest.startsWith('//')) {
    const end = /[/?#]/.exec(rest.slice(2))?.index ?? rest.length - 2;
    if (!isAuthority(rest.slice(2, end + 2))) return false;
    rest = rest.slice(end + 2);
  }
  return isPathAndMore(rest);
}

function isAuthority(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (!/^(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*$/.test(text.slice(0, Math.max(at, 0)))) {
    return false;
  }
  const match = /^(\[([^\]]*)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?$/.exec(
    text.slice(at + 1),
  );
  if (!match) return false;
  const literal = match[2];
  return (
    literal === undefined ||
    isIpv6(literal) ||
    /^v[0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+$/i.test(literal)
  );
}

function isPathAndMore(text: string): boolean {
  const [beforeFragment = '', ...fragments] = text.split('#');
  const question = beforeFragment.indexOf('?');
  const path = question === -1 ? beforeFragment : beforeFragment.slice(0, question);
  const query = question === -1 ? '' : beforeFragment.slice(question + 1);
  const fragment = fragments[0] ?? '';
  return (
    fragments.length <= 1 &&
    isOfUri(path) &&
    isOfUri(query.replaceAll('?', '')) &&
    isOfUri(fragment.replaceAll('?', ''))
  );
}

function isOfUri(text: string): boolean {
  return /^(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/.test(text);
}

const matches =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text);

export const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['date', isDate],
  ['time', isTime],
  ['date-time', isDateTime],
  ['duration', isDuration],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', isIpv4],
  ['ipv6', isIpv6],
  ['uri', (text: string) => isUriReference(text, true)],
  ['uri-reference', (text: string) => isUriReference(text, false)],
  ['uuid', matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)],
  ['json-pointer', matches(/^(?:\/(?:[^~/]|~[01])*)*$/)],
  ['relative-json-pointer', matches(/^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/)],
]);
