import { expect, test } from 'vitest';
import type { Json } from '../kernel/json.ts';
import {
  followPath,
  parseJsonTemplate,
  parseTemplate,
  renderJson,
  renderText,
} from './template.ts';

const scope: Json = {
  context: { cart_id: 42, name: 'Ada & Co', tags: ['a', 'b'], nothing: null, flag: true },
  deps: { 'fetch-cart': { body: { items: [{ id: 7 }] } } },
  config: JSON.parse('{"__proto__": {"own": 1}}') as Json, // sound: a literal of JSON
};
const resolve = (reference: Parameters<typeof followPath>[1]): Json => followPath(scope, reference);
const json = (value: Json): Json =>
  renderJson(
    parseJsonTemplate(value, () => undefined),
    resolve,
  );
const text = (value: string): string => renderText(parseTemplate(value).template, resolve);

test('fills text with values of the context, of parents and of list positions', () => {
  expect(
    text('/carts/{{ context.cart_id }}/{{deps.fetch-cart.body.items.0.id}}?f={{ context.flag }}'),
  ).toBe('/carts/42/7?f=true');
});

test('a text that is one template keeps the type of its value, anywhere inside JSON', () => {
  expect(
    json({
      id: '{{ context.cart_id }}',
      list: ['{{ context.tags }}'],
      none: '{{ context.nothing }}',
      n: 1,
    }),
  ).toEqual({
    id: 42,
    list: [['a', 'b']],
    none: null,
    n: 1,
  });
  expect(json('id {{ context.cart_id }}')).toBe('id 42');
});

test('every value passes through the encoder, literal text does not', () => {
  const { template } = parseTemplate('a b/{{ context.name }}');
  expect(renderText(template, resolve, encodeURIComponent)).toBe('a b/Ada%20%26%20Co');
});

test.each([
  ['context.cart_ids', 'context has no "cart_ids". Did you mean "cart_id"?'],
  ['deps.other.body', 'deps has no "other".'],
  ['deps.fetch-cart.body.items.9.id', 'deps.fetch-cart.body.items has no "9".'],
  ['context.tags.length', 'context.tags has no "length".'],
  ['context.name.length', 'context.name has no "length".'],
  ['context.constructor', 'context has no "constructor".'],
  ['context.__proto__.polluted', 'context has no "__proto__".'],
  ['context.nothing.deeper', 'context.nothing has no "deeper".'],
])('a path that leads nowhere is a permanent error that names it: %s', (path, problem) => {
  expect(() => text(`x {{ ${path} }}`)).toThrow(
    expect.objectContaining({
      name: 'PermanentError',
      code: 'UNRESOLVED_TEMPLATE',
      message: `{{ ${path} }}: ${problem}`,
    }),
  );
});

test('an own key named __proto__ is data like any other', () => {
  expect(text('{{ config.__proto__.own }}')).toBe('1');
});

test.each([
  ['{{ context.nothing }}', 'is null where a text is needed'],
  ['{{ context.tags }}', 'is a list where a text is needed'],
  ['{{ context }}', 'is an object where a text is needed'],
])('%s has no text form', (template, problem) => {
  expect(() => text(`/x/${template}`)).toThrow(problem);
});

test.each([
  ['{{ user.id }}', '"user" is unknown'],
  ['{{ contxt.id }}', 'Did you mean "context"?'],
  ['{{ context.a + 1 }}', 'is not a path'],
  ['{{ context["a"] }}', 'is not a path'],
  ['{{ }}', 'is not a path'],
  ['{{ context.a', 'not closed'],
  ['{{ secrets.a.b }}', 'a secret is named by one word'],
])('faults of a template are found when the definition is loaded: %s', (template, problem) => {
  expect(parseTemplate(template).problem).toContain(problem);
});

test('names the place of a fault inside JSON', () => {
  const places: string[] = [];
  parseJsonTemplate({ a: [{ b: '{{ nope.x }}' }], c: '{{ context.ok }}' }, (path) =>
    places.push(path),
  );
  expect(places).toEqual(['a[0].b']);
});
