import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '#platform/config';
import { BASE_PATH } from '#platform/http';

const ROOT = resolve(import.meta.dirname, '../..');
const K8S = join(ROOT, 'k8s');
const PROBES = ['startup', 'ready', 'live'].map((probe) => `${BASE_PATH}/health/${probe}`);

interface Container {
  name: string;
  image: string;
  command?: string[];
  env?: { name: string; value: string }[];
  envFrom: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  startupProbe: { httpGet: { path: string; port: string } };
  readinessProbe: { httpGet: { path: string; port: string } };
  livenessProbe: { httpGet: { path: string; port: string } };
  lifecycle?: { preStop: { exec: { command: string[] } } };
  resources: { requests: object; limits: object };
  securityContext: object;
}

interface PodSpec {
  terminationGracePeriodSeconds?: number;
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  securityContext: object;
  containers: [Container];
}

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    replicas?: number;
    selector: { matchLabels: Record<string, string> };
    scaleTargetRef: { kind: string; name: string };
    podSelector: { matchLabels?: Record<string, string> };
    policyTypes: string[];
    ingress?: unknown[];
    egress?: unknown[];
    minReplicas: number;
    maxReplicas: number;
    minAvailable: number;
    ports: { targetPort: string }[];
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
  };
  stringData: Record<string, string>;
}

const read = (file: string): string => readFileSync(join(K8S, file), 'utf8');
const kustomization = parse(read('kustomization.yaml')) as {
  resources: string[];
  images: { name: string; newTag: string }[];
  configMapGenerator: { name: string; envs: string[] }[];
};
const manifests = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  }),
);
const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
const deployments = ofKind('Deployment');
const workloads = [...deployments, ...ofKind('Job')];
const deploymentNames = deployments.map(({ metadata }) => metadata.name);
const settings = Object.fromEntries(
  read('settings.env')
    .trim()
    .split('\n')
    .map((line) => line.split('=') as [string, string]),
);
const secret = parse(read('secret.example.yaml')) as Manifest;

describe('the Kubernetes manifests', () => {
  it('are all part of the kustomization, each thing once', () => {
    const files = readdirSync(K8S).filter(
      (file) => file.endsWith('.yaml') && !/^(kustomization|secret\.example)\.yaml$/.test(file),
    );
    expect([...kustomization.resources].sort()).toEqual(files.sort());
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('run API and workers apart, and migrate before them', () => {
    expect(deploymentNames).toEqual(['complex-workflows-api', 'complex-workflows-worker']);
    const [job] = ofKind('Job');
    const [migrate] = job!.spec.template.spec.containers;
    const source = migrate.command![1]!.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(readFileSync(join(ROOT, source), 'utf8')).toContain('migrate(');
  });

  it('configure the service as it wants to be configured', () => {
    for (const { spec } of deployments) {
      const [{ env, envFrom }] = spec.template.spec.containers;
      const own = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
      const config = readConfig({ ...settings, ...secret.stringData, ...own }, false);
      expect(config.role).toBe(spec.template.spec.containers[0].name);
      expect(config.http).toEqual({
        host: '0.0.0.0',
        port: 8000,
        cors_origins: [],
        trusted_proxies: [],
      });
      expect(config.database.url).toBeDefined();
      expect(config.queue.backend).toBe('redis');
      expect(envFrom).toEqual([
        { configMapRef: { name: kustomization.configMapGenerator[0]!.name } },
        { secretRef: { name: secret.metadata.name } },
      ]);
    }
  });

  it.each(
    workloads.map((workload) => [workload.metadata.name, workload.spec.template.spec] as const),
  )('%s may do nothing that it need not do', (_name, pod) => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    const [container] = pod.containers;
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
    expect(kustomization.images.map(({ name }) => name)).toContain(container.image);
    expect(ofKind('ServiceAccount').map(({ metadata }) => metadata.name)).toContain(
      pod.serviceAccountName,
    );
  });

  it.each(deployments.map((deployment) => [deployment.metadata.name, deployment] as const))(
    '%s is probed where the service answers, and has time to end',
    (_name, { spec }) => {
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const { containers, terminationGracePeriodSeconds } = spec.template.spec;
      const [{ startupProbe, readinessProbe, livenessProbe, lifecycle, ports }] = containers;
      const probes = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet);
      expect(probes).toEqual(PROBES.map((path) => ({ path, port: 'http' })));
      expect(ports).toEqual([{ name: 'http', containerPort: Number(settings.PORT) }]);
      const preStop = Number(lifecycle?.preStop.exec.command[1] ?? 0);
      const needed = preStop + Number(settings.SHUTDOWN_TIMEOUT_SECONDS);
      expect(terminationGracePeriodSeconds).toBeGreaterThan(needed);
    },
  );

  it('scale both, and never take the last one away', () => {
    const scalers = ofKind('HorizontalPodAutoscaler');
    expect(scalers.map(({ spec }) => spec.scaleTargetRef.name)).toEqual(deploymentNames);
    for (const { spec } of scalers) {
      expect(spec.minReplicas).toBeGreaterThanOrEqual(2);
      expect(spec.maxReplicas).toBeGreaterThan(spec.minReplicas);
    }
    // replicas here would undo what the autoscaler decided
    expect(deployments.map(({ spec }) => spec.replicas)).toEqual([undefined, undefined]);
    const budgets = ofKind('PodDisruptionBudget');
    expect(budgets.map(({ spec }) => spec.selector.matchLabels)).toEqual(
      deployments.map(({ spec }) => spec.selector.matchLabels),
    );
    expect(budgets.map(({ spec }) => spec.minAvailable)).toEqual([1, 1]);
  });

  it('lead callers to the API alone', () => {
    const [service] = ofKind('Service');
    expect(service!.spec.selector).toEqual({ 'app.kubernetes.io/name': 'complex-workflows-api' });
    expect(service!.spec.ports[0]!.targetPort).toBe('http');
  });

  it('close the network but for what is named', () => {
    const policies = ofKind('NetworkPolicy');
    const everything = policies.filter(
      ({ spec }) =>
        Object.keys(spec.podSelector).length === 0 &&
        spec.ingress === undefined &&
        spec.egress === undefined,
    );
    expect(everything.map(({ spec }) => spec.policyTypes)).toEqual([['Ingress', 'Egress']]);
    for (const { spec } of policies) {
      for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
        expect(rule).toMatchObject({ ports: expect.any(Array) });
      }
    }
  });

  it('hold no secret', () => {
    expect(secret.stringData).toEqual({
      DATABASE_URL: expect.stringContaining('change-me'),
      REDIS_URL: expect.any(String),
      API_KEYS: expect.stringContaining('replace'),
    });
    expect(ofKind('Secret')).toEqual([]);
  });
});

describe('the image', () => {
  const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n');
  const stages = lines.filter((line) => line.startsWith('FROM '));
  const last = lines.slice(lines.lastIndexOf(stages.at(-1)!));

  it('is built in stages on Node 24, and runs without the tools of the build', () => {
    expect(stages).toHaveLength(3);
    for (const stage of stages) expect(stage).toMatch(/^FROM node:24-/);
    expect(last.join('\n')).not.toMatch(/npm|COPY src/);
    expect(lines).toContain('USER 1000:1000');
  });

  it('starts what the build makes, open to others, so that it asks for keys', () => {
    expect(last.join('\n')).toContain('CMD ["node", "dist/src/main.js"]');
    expect(last.join('\n')).toContain('HOST=0.0.0.0');
    expect(last.join('\n')).toContain(`${BASE_PATH}/health/live`);
  });

  it('copies only what the build needs', () => {
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect([...new Set(copied)].sort()).toEqual(allowed.sort());
  });
});
