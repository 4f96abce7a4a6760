import type { AttributePath, ExpressionOperand, UpdateSection } from 'dynalite/types';
import { notEmulated } from '../platform/call.ts';

/**
 * DynamoDB evaluates every part of an update expression against the item as it was; dynalite applies the parts one after
 * the other. Sorts them so that both give the same item, and refuses by name the one form where no order does.
 */
export function settleOrder(sections: UpdateSection[]): void {
  for (const { type, val } of sections) {
    if (type === 'set' && val !== undefined) refuseSharing(val, sections);
  }
  // A removal moves the list's later elements, so the last element goes first, after all else.
  sections.sort((a, b) => removedIndex(b) - removedIndex(a)).sort((a, b) => Number(isElementRemoval(a)) - Number(isElementRemoval(b)));
}

function isElementRemoval({ type, path }: UpdateSection): boolean {
  return type === 'remove' && typeof path.at(-1) === 'number';
}

function removedIndex(section: UpdateSection): number {
  return isElementRemoval(section) ? Number(section.path.at(-1)) : -1;
}

/** A copied value would stay shared with its source, and follow a change that the same expression makes inside the source. */
function refuseSharing(operand: ExpressionOperand, sections: readonly UpdateSection[]): void {
  if (Array.isArray(operand)) {
    const shared = sections.find(
      ({ type, path }) => startsWith(path, operand) && (path.length > operand.length || type === 'add' || type === 'delete'),
    );
    if (shared) throw notEmulated(`an update expression that copies ${operand.join('.')} and changes ${shared.path.join('.')} in place`);
  } else if ('args' in operand && operand.type === 'function') {
    for (const argument of operand.args) refuseSharing(argument, sections);
  }
}

function startsWith(path: AttributePath, start: AttributePath): boolean {
  return start.every((piece, index) => path[index] === piece);
}
