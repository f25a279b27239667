import { InitialSchema1795305600000 } from './1795305600000-initial-schema.js';
import { Decisions1795309200000 } from './1795309200000-decisions.js';
import { ReadyTasks1795312800000 } from './1795312800000-ready-tasks.js';
import { DecisionCounts1795314600000 } from './1795314600000-decision-counts.js';
import { TreeCounts1795316400000 } from './1795316400000-tree-counts.js';
import { DecisionIndexes1795318200000 } from './1795318200000-decision-indexes.js';
import { ModificationMoves1795320000000 } from './1795320000000-modification-moves.js';
import { DecisionTables1795323600000 } from './1795323600000-decision-tables.js';
import { CheaperWrites1795391127994 } from './1795391127994-cheaper-writes.js';
import { Choices1795391245104 } from './1795391245104-choices.js';
import { KeyHolders1795391620443 } from './1795391620443-key-holders.js';
import { ApiKeys1795391659688 } from './1795391659688-api-keys.js';
import { Incidents1795392896507 } from './1795392896507-incidents.js';
import { Audit1795393289277 } from './1795393289277-audit.js';
import { RetryPolicies1795393567903 } from './1795393567903-retry-policies.js';
import { DecisionModels1795394359849 } from './1795394359849-decision-models.js';
import { CircuitBreakers1795395285882 } from './1795395285882-circuit-breakers.js';
import { RepeatedQuestions1795395032525 } from './1795395032525-repeated-questions.js';
import { TaskTurns1795393582590 } from './1795393582590-task-turns.js';
import { FanOut1795395215168 } from './1795395215168-fan-out.js';
import { ModificationRounds1795395046085 } from './1795395046085-modification-rounds.js';
import { Compensation1795405016742 } from './1795405016742-compensation.js';
import { People1795402356111 } from './1795402356111-people.js';
import { Tenants1795402902609 } from './1795402902609-tenants.js';
import { Canaries1795403704040 } from './1795403704040-canaries.js';
import { Approvals1795403063545 } from './1795403063545-approvals.js';
import { TenantsOfHotRows1795405069583 } from './1795405069583-tenants-of-hot-rows.js';
import { ChangeControl1795405230174 } from './1795405230174-change-control.js';
import { Notifications1795854728427 } from './1795854728427-notifications.js';
import { RequestersOfAllTimes1795854734544 } from './1795854734544-requesters-of-all-times.js';
import { ChangeProgress1795855312606 } from './1795855312606-change-progress.js';
import { SharedRows1795855672168 } from './1795855672168-shared-rows.js';
import { WorkItems1795855194324 } from './1795855194324-work-items.js';
import { FanOutWindows1795854596562 } from './1795854596562-fan-out-windows.js';
import { WorkItemsByRole1795859228081 } from './1795859228081-work-items-by-role.js';
import { LeasesByWorker1795862730000 } from './1795862730000-leases-by-worker.js';
import { Monitoring1795862830000 } from './1795862830000-monitoring.js';
import { CountedPoints1795879100000 } from './1795879100000-counted-points.js';
import { ResourceNeeds1795880573540 } from './1795880573540-resource-needs.js';

/** All migrations, oldest first. One that has landed is never edited. */
export const migrations = [
  InitialSchema1795305600000,
  Decisions1795309200000,
  ReadyTasks1795312800000,
  DecisionCounts1795314600000,
  TreeCounts1795316400000,
  DecisionIndexes1795318200000,
  ModificationMoves1795320000000,
  DecisionTables1795323600000,
  CheaperWrites1795391127994,
  Choices1795391245104,
  KeyHolders1795391620443,
  ApiKeys1795391659688,
  Incidents1795392896507,
  Audit1795393289277,
  RetryPolicies1795393567903,
  DecisionModels1795394359849,
  CircuitBreakers1795395285882,
  RepeatedQuestions1795395032525,
  TaskTurns1795393582590,
  FanOut1795395215168,
  ModificationRounds1795395046085,
  People1795402356111,
  Tenants1795402902609,
  Canaries1795403704040,
  Approvals1795403063545,
  TenantsOfHotRows1795405069583,
  Compensation1795405016742,
  ChangeControl1795405230174,
  Notifications1795854728427,
  RequestersOfAllTimes1795854734544,
  ChangeProgress1795855312606,
  SharedRows1795855672168,
  WorkItems1795855194324,
  FanOutWindows1795854596562,
  WorkItemsByRole1795859228081,
  LeasesByWorker1795862730000,
  Monitoring1795862830000,
  CountedPoints1795879100000,
  ResourceNeeds1795880573540,
];
