import { OF_STEP, OF_WORKFLOW, readSettings, settingsFaults } from './settings.js';

const URL = 'https://gateway.example.com/tasks';
const faultsOf = (settings: Record<string, unknown>, of = OF_STEP) =>
  settingsFaults(settings, of, '/s').map(({ pointer, code }) => [pointer, code]);

describe('notification settings', () => {
  it('without a channel tell nobody, and may hold anything', () => {
    for (const settings of [{}, { email: true }, { to: 5, on: 'asked' }]) {
      expect(faultsOf(settings)).toEqual([]);
      expect(readSettings(settings, OF_STEP)).toBeNull();
    }
  });

  it('of a step tell of everything, of a workflow of what went wrong, where they do not say', () => {
    expect(readSettings({ channel: 'webhook', to: URL }, OF_STEP)).toEqual({
      on: ['asked', 'reminded', 'escalated', 'sent_back', 'question'],
      channel: 'webhook',
      to: [URL],
      message: null,
      recipients: null,
    });
    expect(readSettings({ channel: 'log', to: ['a', 'a'] }, OF_WORKFLOW)).toMatchObject({
      on: ['escalated', 'rolled_back'],
      to: ['a'],
    });
  });

  it.each([
    [{ channel: 'email', to: 'a' }, ['/s/channel', 'unknown_value']],
    [{ channel: null, to: 'a' }, ['/s/channel', 'unknown_value']],
    [{ channel: 'log' }, ['/s/to', 'required']],
    [{ channel: 'log', to: [] }, ['/s/to', 'required']],
    [{ channel: 'log', to: Array(11).fill('a') }, ['/s/to', 'required']],
    [{ channel: 'log', to: 'x'.repeat(201) }, ['/s/to', 'is_text']],
    [{ channel: 'webhook', to: 'file:///etc/passwd' }, ['/s/to', 'bad_url']],
    [{ channel: 'webhook', to: [URL, 'http://me:secret@x'] }, ['/s/to/1', 'bad_url']],
    [{ channel: 'webhook', to: 'https://{{ host }}/' }, ['/s/to', 'bad_url']],
    [{ channel: 'log', to: 'a', on: [] }, ['/s/on', 'is_array']],
    [{ channel: 'log', to: 'a', on: ['asked', 7] }, ['/s/on/1', 'unknown_value']],
    [{ channel: 'log', to: 'a', on: ['rolled_back'] }, ['/s/on/0', 'unknown_value']],
    [{ channel: 'log', to: 'a', message: '' }, ['/s/message', 'is_text']],
    [{ channel: 'log', to: 'a', message: '{{ 1 + }}' }, ['/s/message', 'expression_syntax']],
    [{ channel: 'log', to: 'a', recipients: [''] }, ['/s/recipients', 'is_array']],
  ])('%j is refused, and followed by nobody where it was stored before', (settings, fault) => {
    expect(faultsOf(settings)).toEqual([fault]);
    expect(readSettings(settings, OF_STEP)).toBeNull();
  });
});
