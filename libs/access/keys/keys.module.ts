import { Module } from '@nestjs/common';
import { ApiKeys } from './api-keys.service.js';
import { KnownKeys } from './known-keys.js';

/** The stored keys: told to the authenticator as soon as the module is there. */
@Module({ providers: [ApiKeys, KnownKeys], exports: [ApiKeys] })
export class KeysModule {}
