import type { Json } from '../kernel/json.ts';
import type { StepFunction, StepHandler, StepObject } from '../model/handler-context.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { RunStep } from './step-kind.ts';

/** True for what may be registered or exported as a handler: a function, a class, or an object with `call`. */
export function isStepHandler(value: unknown): value is StepHandler {
  return typeof value === 'function' || hasCall(value);
}

/**
 * Makes one function of whatever the author wrote. A class is constructed for every attempt (with the step's `handler_config`, or with
 * nothing when there is none), so that two attempts share no state; an object and a function are called as they are.
 *
 * @throws TaskerError `HANDLER_NOT_LOADED`, from the attempt, when an instance of the class has no method `call`
 */
export function bindHandler(handler: StepHandler, config: Json): RunStep {
  if (isHandlerClass(handler)) return (ctx) => construct(handler, config).call(ctx);
  if (isHandlerFunction(handler)) return (ctx) => handler(ctx);
  return (ctx) => handler.call(ctx);
}

type HandlerClass = new (config?: Json) => StepObject;

function construct(Handler: HandlerClass, config: Json): StepObject {
  const instance: unknown = config === null ? new Handler() : new Handler(config);
  if (hasCall(instance)) return instance;
  throw new TaskerError('HANDLER_NOT_LOADED', {
    handler: Handler.name || 'class',
    problem: 'the class has no method call(ctx)',
  });
}

/** A class by its syntax, or a constructor function of older style whose prototype has `call` (plain functions have none). */
function isHandlerClass(handler: StepHandler): handler is HandlerClass {
  if (typeof handler !== 'function') return false;
  const prototype: unknown = Reflect.get(handler, 'prototype');
  return hasCall(prototype) || /^class\b/.test(Function.prototype.toString.call(handler));
}

function isHandlerFunction(handler: StepFunction | StepObject): handler is StepFunction {
  return typeof handler === 'function';
}

function hasCall(value: unknown): value is StepObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    'call' in value &&
    typeof value.call === 'function'
  );
}
