// What the page tells the scripts, and small helpers all parts share.

function block(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : {};
}

const texts = block('his-texts');
export const config = { assets: {}, ...block('his-config') };

/** The page's own words for `name`; {n} and the like are filled from `values`. */
export function text(name, values = {}) {
  return (texts[name] || name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Make an element: make('span', 'tag d', 'text'). */
export function make(tag, className = '', content = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (content !== '') element.textContent = content;
  return element;
}

export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `${config.assets.icons}#i-${name}`);
  svg.append(use);
  return svg;
}

/** True while a Chinese input method is still putting a word together. */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

export function visible(element) {
  return element.getClientRects().length > 0;
}

/** Put the focus into a field, its text selected, so that typing replaces it. */
export function enter(element) {
  element.focus();
  if (element.matches('input') && ['text', 'search', 'tel', 'email'].includes(element.type)) element.select();
}

/** Run `work` on the whole page once, and again on each fragment htmx puts in. */
export function onContent(work) {
  const start = () => {
    work(document.body);
    document.addEventListener('htmx:load', (event) => {
      if (event.target !== document.body) work(event.target);
    });
  };
  if (document.readyState === 'complete') start();
  else document.addEventListener('DOMContentLoaded', start);
}

/** Every match inside `root`, the root itself included. */
export function all(root, selector) {
  const found = [...root.querySelectorAll(selector)];
  return root.matches?.(selector) ? [root, ...found] : found;
}

export const touch = window.matchMedia('(pointer: coarse)').matches;
