import type { DecisionData, DecisionModel, ModelCalibration } from '#engine/routing';
import { statement } from '#persistence';

export interface EvidenceRow {
  evidence_id: string;
  workflow_id: string;
  decided_by: string;
  decided_by_id: string;
  used: string | null;
  target_step_id: string | null;
}

/** New cases, as a share of those at the last training, that make it worth another. */
const GROWTH = 1.2;

/** One kind of decision that has enough cases for a model, or for a new one; held until the transaction ends. */
export const takeTrainable = statement<EvidenceRow, [least_cases: number]>(
  'take_trainable_evidence',
  `select evidence_id, workflow_id, decided_by, decided_by_id, used, target_step_id
   from decision_evidence
   where labelled_cases >= $1 and labelled_cases >= trained_at_cases * ${GROWTH}
   order by trained_at_cases, evidence_id
   limit 1 for update skip locked`,
);

export const findTrainable = statement<{ evidence_id: string }, [least_cases: number]>(
  'find_trainable_evidence',
  `select evidence_id from decision_evidence
   where labelled_cases >= $1 and labelled_cases >= trained_at_cases * ${GROWTH} limit 1`,
);

export interface LabelledRow {
  context_data: DecisionData;
  went_well: boolean;
  routing_timestamp: Date;
}

/** The latest labelled decisions of a kind, latest first. */
export const readLabelled = statement<LabelledRow, [evidence_id: string, limit: number]>(
  'read_labelled_decisions',
  `select d.context_data, d.went_well, d.routing_timestamp
   from decision_evidence e
   join routing_analytics d
     on d.workflow_id = e.workflow_id and d.decided_by = e.decided_by and d.decided_by_id = e.decided_by_id
     and d.target_step_id is not distinct from e.target_step_id
     and case d.decided_by when 'table' then d.decision_table_used else d.decision_tree_used end
       is not distinct from e.used
   where e.evidence_id = $1 and d.went_well is not null and d.routing_action <> 'reject'
   order by d.routing_timestamp desc
   limit $2`,
);

/** The next version of the model of a kind of decision, in the place of the one before; its columns as JSON text. */
export const insertModel = statement<
  { model_id: string },
  [model_id: string, evidence_id: string, columns: string]
>(
  'insert_decision_model',
  `with evidence as (
     update decision_evidence set trained_at_cases = labelled_cases where evidence_id = $2
     returning workflow_id, decided_by, decided_by_id, used, target_step_id
   ), before as (
     update decision_models m set is_current = false from evidence e
     where m.is_current and m.workflow_id = e.workflow_id and m.decided_by = e.decided_by
       and m.decided_by_id = e.decided_by_id and m.used is not distinct from e.used
       and m.target_step_id is not distinct from e.target_step_id
     returning m.version_number
   )
   insert into decision_models (
     model_id, workflow_id, decided_by, decided_by_id, used, target_step_id, version_number, is_better, cases_trained,
     cases_held_out, first_decision_at, last_decision_at, model, calibration)
   select $1, e.workflow_id, e.decided_by, e.decided_by_id, e.used, e.target_step_id,
     coalesce((select max(version_number) from before), 0) + 1, c.is_better, c.cases_trained, c.cases_held_out,
     c.first_decision_at, c.last_decision_at, c.model, c.calibration
   from evidence e, jsonb_to_record($3::jsonb) as c (
     is_better boolean, cases_trained int, cases_held_out int, first_decision_at timestamptz,
     last_decision_at timestamptz, model jsonb, calibration jsonb)
   returning model_id`,
);

export interface ModelRow {
  model_id: string;
  workflow_id: string;
  decided_by: string;
  decided_by_id: string;
  used: string | null;
  target_step_id: string | null;
  version_number: number;
  is_current: boolean;
  is_better: boolean;
  cases_trained: number;
  cases_held_out: number;
  first_decision_at: Date;
  last_decision_at: Date;
  model: DecisionModel;
  calibration: ModelCalibration;
  created_at: Date;
}

const MODEL = `model_id, workflow_id, decided_by, decided_by_id, used, target_step_id, version_number, is_current,
  is_better, cases_trained, cases_held_out, first_decision_at, last_decision_at, model, calibration, created_at`;

export const findModel = statement<ModelRow, [model_id: string]>(
  'find_decision_model',
  `select ${MODEL} from decision_models where model_id = $1`,
);

/** Latest first. */
export const listModels = statement<
  ModelRow,
  [workflow_id: string, before_model_id: string | null, is_current: boolean | null, limit: number]
>(
  'list_decision_models',
  `select ${MODEL} from decision_models
   where workflow_id = $1 and ($2::uuid is null or model_id < $2) and ($3::boolean is null or is_current = $3)
   order by model_id desc
   limit $4`,
);
