import {describe, expect, it, vi} from 'vitest';

vi.stubGlobal('sessionStorage', {getItem: () => null});
const {MessageParser} = await import('./stream');

describe('MessageParser', () => {
  it('puts pieces together and passes comments over', () => {
    const parser = new MessageParser();
    expect(parser.push('retry: 1000\n\n: beat\n\nid: 7\nda')).toEqual([]);
    expect(parser.push('ta: {"a":\ndata: 1}\n\n')).toEqual([{id: '7', event: 'message', data: '{"a":\n1}'}]);
    expect(parser.push('event: end\n\n')).toEqual([{id: '7', event: 'end', data: ''}]);
  });
});
