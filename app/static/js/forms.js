// Sending forms: once only, never into an ended session, never forgetting what was typed.
import { config, onContent, text } from './page.js';
import { minutesSinceContact, stillSignedIn } from './http.js';
import { ask } from './dialogs.js';

const VERBS = ['hx-post', 'hx-put', 'hx-patch', 'hx-delete'];
const dirty = new Set();
const drafts = new Map();

function changesSomething(form) {
  return form.method === 'post' || VERBS.some((verb) => form.hasAttribute(verb));
}

function byHtmx(form) {
  return VERBS.concat('hx-get').some((verb) => form.hasAttribute(verb));
}

function submitButtons(form) {
  const outside = form.id ? [...document.querySelectorAll(`[form="${CSS.escape(form.id)}"]`)] : [];
  return [...form.querySelectorAll('button'), ...outside].filter((button) => button.type === 'submit');
}

function hold(form) {
  form.dataset.sending = '';
  // After this turn, so that the pressed button's own name and value still go along.
  setTimeout(() => {
    for (const button of 'sending' in form.dataset ? submitButtons(form) : []) {
      button.setAttribute('aria-busy', 'true');
      button.setAttribute('aria-disabled', 'true');
    }
  });
}

function release(form) {
  delete form.dataset.sending;
  for (const button of submitButtons(form)) {
    button.removeAttribute('aria-busy');
    button.removeAttribute('aria-disabled');
  }
}

document.addEventListener(
  'submit',
  (event) => {
    const form = event.target;
    if (!changesSomething(form)) return;
    if ('sending' in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (drafts.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      drafts.set(form, event.submitter);
      return;
    }
    if (!byHtmx(form) && config.session_url && minutesSinceContact() > 5) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      stillSignedIn().then((yes) => yes && form.requestSubmit(submitter));
      return;
    }
    hold(form);
    setTimeout(() => {
      if (event.defaultPrevented && !byHtmx(form)) release(form);
      else if (!event.defaultPrevented) dirty.delete(form);
    });
    if ('download' in form.dataset) setTimeout(() => release(form), 3000);
  },
  true,
);

// A draft (data-draft="form id") brings the form's next revision: what is pressed meanwhile waits for it.
function drafted(event) {
  return document.getElementById(event.target.dataset?.draft);
}

document.addEventListener('htmx:beforeRequest', (event) => {
  const form = drafted(event);
  if (!form) return;
  if ('sending' in form.dataset) event.preventDefault();
  else drafts.set(form, null);
});

document.addEventListener('htmx:afterRequest', (event) => {
  const form = drafted(event);
  const pressed = drafts.get(form);
  drafts.delete(form);
  if (pressed) form.requestSubmit(pressed);
});

document.addEventListener('htmx:afterRequest', (event) => {
  const form = event.target.closest?.('form');
  if (!form) return;
  release(form);
  if (event.detail.successful) dirty.delete(form);
});

window.addEventListener('pageshow', (event) => {
  if (event.persisted) for (const form of document.forms) release(form);
});

document.addEventListener('input', (event) => {
  const form = event.target.form;
  if (form && 'guard' in form.dataset) dirty.add(form);
});

function unsaved() {
  for (const form of dirty) if (!form.isConnected) dirty.delete(form);
  return dirty.size > 0;
}

window.addEventListener('beforeunload', (event) => {
  if (!unsaved()) return;
  event.preventDefault();
  event.returnValue = text('dirty');
});

// A button that clears the screen: data-clear, or data-clear="address" to begin anew there.
document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-clear]');
  if (!button) return;
  event.preventDefault();
  if (unsaved() && !(await ask(text('clear'), button.textContent.replace(/Esc\s*$/, '').trim()))) return;
  dirty.clear();
  if (button.dataset.clear) location.assign(button.dataset.clear);
  else button.form?.reset();
});

// Our own messages stand under the fields; the browser's bubbles would stand over them.
onContent((root) => {
  const forms = root.matches('form') ? [root] : root.querySelectorAll('form');
  for (const form of forms) if (form.method === 'post') form.noValidate = true;
});
