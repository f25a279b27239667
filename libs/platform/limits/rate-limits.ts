import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { DomainError } from '#engine/errors';
import type { Principal } from '#platform/auth';
import type { AppConfig, QueueConfig } from '#platform/config';

const MINUTE_SECONDS = 60;
/** A limit must not make anybody wait for it: where Redis does not answer, this process counts alone. */
const IMPATIENT: RedisOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 1_000,
  commandTimeout: 250,
};

/** What a caller may still do in the present minute. */
export interface Allowance {
  limit: number;
  remaining: number;
  reset_seconds: number;
}

/** Counts requests and starts by the minute; over all processes where there is a Redis, else in this one. */
@Injectable()
export class RateLimits implements OnModuleDestroy {
  private readonly logger = new Logger('RateLimits');
  private readonly redis: Redis | Cluster | undefined;
  private readonly principals: RateLimiterAbstract | undefined;
  private readonly everybody: RateLimiterAbstract | undefined;
  private readonly starts: RateLimiterAbstract | undefined;

  constructor({ limits, queue }: Pick<AppConfig, 'limits' | 'queue'>) {
    const { requests_per_principal, requests_per_tenant, starts_per_workflow } = limits;
    const any = requests_per_principal + requests_per_tenant + starts_per_workflow > 0;
    if (any && queue.backend === 'redis') this.redis = this.connect(queue);
    this.principals = this.limiter('principal', requests_per_principal);
    this.everybody = this.limiter('tenant', requests_per_tenant);
    this.starts = this.limiter('starts', starts_per_workflow);
  }

  /** Whether requests are counted. */
  get onRequests(): boolean {
    return this.principals !== undefined || this.everybody !== undefined;
  }

  /**
   * Counts a request.
   * @returns what the tighter of the limits leaves; undefined where there is none
   * @throws DomainError `too_many_requests`, with `retry_after_seconds`
   */
  async request({
    id,
    tenant_id,
  }: Pick<Principal, 'id' | 'tenant_id'>): Promise<Allowance | undefined> {
    const own = await consume(this.principals, `${tenant_id} ${id}`, 'You have');
    const all = await consume(
      this.everybody,
      tenant_id,
      'All callers of your tenant together have',
    );
    if (own === undefined || all === undefined) return own ?? all;
    return own.remaining <= all.remaining ? own : all;
  }

  /** Counts the start of an instance. @returns why it is refused, where it is */
  async start(workflow_id: string): Promise<DomainError | undefined> {
    try {
      await consume(this.starts, workflow_id, 'Instances of this workflow have');
      return undefined;
    } catch (error) {
      if (error instanceof DomainError) return error as DomainError;
      throw error;
    }
  }

  onModuleDestroy(): void {
    this.redis?.disconnect();
  }

  private limiter(name: string, points: number): RateLimiterAbstract | undefined {
    if (points === 0) return undefined;
    const own = { keyPrefix: `complex-workflows:limit:${name}`, points, duration: MINUTE_SECONDS };
    const alone = new RateLimiterMemory(own);
    return this.redis === undefined
      ? alone
      : new RateLimiterRedis({ ...own, storeClient: this.redis, insuranceLimiter: alone });
  }

  private connect(queue: Extract<QueueConfig, { backend: 'redis' }>): Redis | Cluster {
    const redis = queue.cluster_nodes
      ? new Cluster(queue.cluster_nodes, { redisOptions: IMPATIENT, enableOfflineQueue: false })
      : new Redis(queue.redis_url ?? '', IMPATIENT);
    let told = false;
    redis.on('ready', () => (told = false));
    redis.on('error', (error: Error) => {
      if (!told) this.logger.warn(`Redis is away; this process counts alone: ${error.message}`);
      told = true;
    });
    return redis;
  }
}

async function consume(
  limiter: RateLimiterAbstract | undefined,
  key: string,
  whose: string,
): Promise<Allowance | undefined> {
  if (limiter === undefined) return undefined;
  try {
    return allowanceOf(limiter, await limiter.consume(key));
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const { limit, reset_seconds } = allowanceOf(limiter, error);
    throw new DomainError(
      'too_many_requests',
      `${whose} used up the ${limit} of this minute. Try again in ${reset_seconds} s.`,
      { limit, retry_after_seconds: reset_seconds },
    );
  }
}

function allowanceOf(limiter: RateLimiterAbstract, left: RateLimiterRes): Allowance {
  return {
    limit: limiter.points,
    remaining: Math.max(0, left.remainingPoints),
    reset_seconds: Math.max(1, Math.ceil(left.msBeforeNext / 1000)),
  };
}
