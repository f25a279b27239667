import { ApiProperty } from '@nestjs/swagger';

import { estimatedSetupMinutes, type WorkflowDefinition } from '#engine/definition';
import type { Fault } from '#engine/errors';
import { type DefinitionRow, definitionOf } from '#runtime';

import { ApprovalLevelRequest, RoutingRuleRequest, StepRequest } from './definitions.dto.js';
import type { WorkflowSummaryRow } from './definitions.queries.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

/** contract.md §66. */
export class CreatedWorkflow {
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ example: 'Employee onboarding' }) workflow_name: string;
  @ApiProperty({ example: '1.0' }) version: string;
  @ApiProperty({ enum: ['created'] }) status: 'created';
  @ApiProperty({ example: 3 }) steps_configured: number;
  @ApiProperty({ example: 1 }) routing_rules_created: number;
  @ApiProperty({ example: 2 }) approval_levels: number;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({
    description:
      "Minutes of people's work until the first instance can run: 10 to review the definition, 5 a role to staff, 30 a task or automated step that a worker must claim, 10 a handler that calls another system, 5 a form.",
    example: 45,
  })
  estimated_setup_time_minutes: number;

  static of(
    workflow_id: string,
    definition: WorkflowDefinition,
    created_at: Date,
  ): CreatedWorkflow {
    return {
      workflow_id,
      workflow_name: definition.workflow_name,
      version: definition.version,
      status: 'created',
      steps_configured: definition.steps.length,
      routing_rules_created: definition.routing_rules.length,
      approval_levels: definition.approval_hierarchies.length,
      created_at: created_at.toISOString(),
      estimated_setup_time_minutes: estimatedSetupMinutes(definition),
    };
  }
}

export class DefinitionRemark {
  @ApiProperty({ description: 'JSON pointer into the body.', example: '/steps/1/step_id' })
  pointer: string;
  @ApiProperty({ example: 'duplicate_step_id' }) code: string;
  @ApiProperty() detail: string;

  static of({ pointer, code, message }: Fault): DefinitionRemark {
    return { pointer, code, detail: message };
  }
}

export class ValidationReport {
  @ApiProperty({ description: 'Whether it could be created just now.' }) valid: boolean;
  @ApiProperty({ type: [DefinitionRemark] }) errors: DefinitionRemark[];
  @ApiProperty({ type: [DefinitionRemark], description: 'Allowed, but probably not meant.' })
  warnings: DefinitionRemark[];
}

export class WorkflowSummary {
  @ApiProperty({ format: 'uuid' }) workflow_id: string;
  @ApiProperty({ example: 'Employee onboarding' }) workflow_name: string;
  @ApiProperty() workflow_description: string;
  @ApiProperty({ example: 'hr' }) category: string;
  @ApiProperty({ description: "The author's label.", example: '1.0' }) version: string;
  @ApiProperty({ description: '1, 2, 3, … in the order in which versions were made.' })
  version_number: number;
  @ApiProperty({ description: 'Whether new instances start with this version.' })
  is_active: boolean;
  @ApiProperty({ example: 3 }) steps_configured: number;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The modification that made this version; null: an author did.',
  })
  modification_id: string | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ format: 'date-time' }) updated_at: string;
  @ApiProperty({ example: 'anonymous' }) created_by: string;

  static of(row: WorkflowSummaryRow): WorkflowSummary {
    return {
      ...row,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    };
  }
}

export class WorkflowPage {
  @ApiProperty({ type: [WorkflowSummary] }) items: WorkflowSummary[];
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}

/** One version, as it was sent and with its keys. */
export class WorkflowView extends WorkflowSummary {
  @ApiProperty({ type: [StepRequest] }) steps: StepRequest[];
  @ApiProperty({ type: [ApprovalLevelRequest] }) approval_hierarchies: ApprovalLevelRequest[];
  @ApiProperty({ type: [RoutingRuleRequest] }) routing_rules: RoutingRuleRequest[];
  @ApiProperty({ example: 168 }) global_timeout_hours: number;
  @ApiProperty(ANY_OBJECT) retry_configuration: Record<string, unknown>;
  @ApiProperty(ANY_OBJECT) notification_escalation: Record<string, unknown>;
  @ApiProperty({ type: Number, nullable: true, example: 0.8 }) minimum_confidence: number | null;

  static from(row: DefinitionRow): WorkflowView {
    const definition = definitionOf(row);
    const { workflow_id, version_number, modification_id, created_by } = row;
    return {
      workflow_id,
      ...definition,
      version_number,
      steps_configured: definition.steps.length,
      modification_id,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
      created_by,
    };
  }
}
