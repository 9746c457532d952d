import db, { type ConditionalFailure, type ConditionalWrite, type Item } from 'dynalite/db/index.js';
import deleteItem from 'dynalite/validations/deleteItem.js';
import putItem from 'dynalite/validations/putItem.js';
import updateItem from 'dynalite/validations/updateItem.js';

const PARAMETER = 'ReturnValuesOnConditionCheckFailure';

/**
 * Teaches dynalite a parameter that it passes over: with `ALL_OLD` a refused write answers with the item as it was. The
 * item is the one that the condition was held against, so that no other write gets in between. Idempotent.
 */
export function returnItemsOnConditionFailure(): void {
  if (PARAMETER in updateItem.types) return;
  for (const { types } of [deleteItem, putItem, updateItem]) {
    types[PARAMETER] = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  }
  const { checkConditional } = db;
  db.checkConditional = (data, item) => withItem(checkConditional(data, item), data, item);
}

function withItem(
  failure: ConditionalFailure | null | undefined,
  data: ConditionalWrite,
  item: Item | undefined,
): ConditionalFailure | null | undefined {
  if (failure && item && data[PARAMETER] === 'ALL_OLD') failure.body.Item = item;
  return failure;
}
