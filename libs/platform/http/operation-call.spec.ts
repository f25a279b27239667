import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS, CurrentPrincipal } from '#platform/auth';
import { callOf } from './operation-call.js';

class Closed {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class Desk {
  readonly name = 'desk';

  @Post(':id')
  async everything(
    @Req() request: unknown,
    @Param('id') id: string,
    @CurrentPrincipal() principal: unknown,
    @Body() body: unknown,
    @Query() query: unknown,
  ): Promise<unknown> {
    return Promise.resolve({ desk: this.name, request, id, principal, body, query });
  }

  @Get()
  atOnce(): string {
    return this.name;
  }

  @Get()
  refuses(): never {
    throw new Error('refused');
  }

  @Get()
  @UseGuards(Closed)
  guarded(): void {}

  @Get()
  @Header('x-more', 'yes')
  withHeader(): void {}

  @Get()
  piped(@Param('id', ParseIntPipe) _id: number): void {}

  @Get()
  partOfBody(@Body('one') _one: unknown): void {}

  @Get()
  header(@Headers('if-match') _header: unknown): void {}

  @Get()
  answersItself(@Res() _reply: unknown): void {}

  @Get()
  unknownParameter(_other: unknown): void {}
}

@Controller()
@UseGuards(Closed)
class ClosedDesk {
  @Get()
  open(): void {}
}

const request = {
  params: { id: '7' },
  principal: ANONYMOUS,
  body: { a: 1 },
  query: { b: '2' },
} as unknown as FastifyRequest;

function newReply(): FastifyReply & { codes: number[] } {
  const codes: number[] = [];
  return { codes, code: (status: number) => codes.push(status) } as never;
}

describe('callOf', () => {
  it('gives each parameter what its decorator names, with the status of the operation set', async () => {
    const reply = newReply();
    const answer = await callOf(new Desk(), 'everything', 202)!(request, reply);
    expect(answer).toEqual({
      desk: 'desk',
      request,
      id: '7',
      principal: ANONYMOUS,
      body: { a: 1 },
      query: { b: '2' },
    });
    expect(reply.codes).toEqual([202]);
  });

  it('awaits what is there at once, and lets what is thrown pass', async () => {
    const desk = new Desk();
    expect(await callOf(desk, 'atOnce', 200)!(request, newReply())).toBe('desk');
    expect(() => callOf(desk, 'refuses', 200)!(request, newReply())).toThrow('refused');
  });

  it.each([
    'guarded',
    'withHeader',
    'piped',
    'partOfBody',
    'header',
    'answersItself',
    'unknownParameter',
  ])('leaves %s to the router', (name) => {
    expect(callOf(new Desk(), name, 200)).toBeUndefined();
  });

  it('leaves everything of a guarded controller to the router', () => {
    expect(callOf(new ClosedDesk(), 'open', 200)).toBeUndefined();
  });
});
