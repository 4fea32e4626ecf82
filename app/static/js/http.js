// Everything that speaks to the server: headers, refusals, a lost connection, an ended session.
import { config, text } from './page.js';
import { toast } from './toasts.js';

let lastContact = Date.now();

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content || '';
}

function useToken(value) {
  const meta = document.querySelector('meta[name="csrf-token"]');
  if (meta) meta.content = value;
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = value;
}

/** Ask for JSON. Returns null when the session has ended; raises on any other failure. */
export async function getJson(url, signal) {
  const headers = { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' };
  const answer = await fetch(url, { headers, signal, credentials: 'same-origin' });
  if (answer.status === 401) {
    signedOut();
    return null;
  }
  lastContact = Date.now();
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** The session has ended: say so, keep the page as it is, offer to sign in beside it. */
export function signedOut() {
  const dialog = document.getElementById('signed-out');
  if (dialog && !dialog.open) dialog.showModal();
}

export function minutesSinceContact() {
  return (Date.now() - lastContact) / 60000;
}

/** Is the person of this page still signed in? Takes over a fresh token. Unknown counts as yes. */
export async function stillSignedIn() {
  if (!config.session_url) return true;
  try {
    const session = await getJson(config.session_url);
    return session !== null && takeOver(session);
  } catch {
    return true;
  }
}

function takeOver(session) {
  const isOther = ['user', 'place'].some((name) => config[name] && session[name] && session[name] !== config[name]);
  if (session.csrf_token && !isOther) useToken(session.csrf_token);
  if (isOther) toast(text('other_user'), 'd');
  return !isOther;
}

document.addEventListener('htmx:configRequest', (event) => {
  if (document.getElementById('signed-out')?.open) {
    event.preventDefault(); // the session has ended: whatever still wants to ask would only be refused
    return;
  }
  event.detail.headers['X-CSRFToken'] = token();
  event.detail.headers['X-Requested-With'] = 'XMLHttpRequest';
});

document.addEventListener('htmx:afterRequest', (event) => {
  if (event.detail.xhr?.status) lastContact = Date.now();
});

const refusals = { 403: 'denied', 404: 'gone', 410: 'gone', 429: 'busy', 502: 'unavailable', 503: 'unavailable', 504: 'unavailable' };

document.addEventListener('htmx:responseError', (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) {
    signedOut();
    return;
  }
  toast(problem(xhr), 'd');
});

// A refusal page that answers a fragment is read out, not put into the page.
document.addEventListener('htmx:beforeSwap', (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400 || !xhr.responseText.includes('data-problem')) return;
  event.detail.shouldSwap = false;
  event.detail.isError = true;
});

function problem(xhr) {
  const found = read(xhr);
  const message = found.message || text(refusals[xhr.status] || 'failed');
  return found.trace ? `${message} ${text('trace')}: ${found.trace}` : message;
}

function read(xhr) {
  if ((xhr.getResponseHeader('Content-Type') || '').includes('json')) {
    try {
      const { title, trace } = JSON.parse(xhr.responseText);
      return { message: title, trace };
    } catch {
      return {};
    }
  }
  const page = new DOMParser().parseFromString(xhr.responseText, 'text/html');
  return {
    message: page.querySelector('[data-problem-text]')?.textContent,
    trace: xhr.status >= 500 ? page.querySelector('[data-problem-trace]')?.textContent : '',
  };
}

for (const name of ['htmx:sendError', 'htmx:timeout']) {
  document.addEventListener(name, () => toast(text('offline'), 'd'));
}

function showConnection() {
  for (const element of document.querySelectorAll('[data-offline]')) element.hidden = navigator.onLine;
}
window.addEventListener('online', showConnection);
window.addEventListener('offline', showConnection);
showConnection();

// Someone who types for long must not be signed out for it: half way through, one request keeps the session.
let asked = 0;
document.addEventListener('input', () => {
  const half = config.idle_minutes / 2;
  if (!half || minutesSinceContact() < half || Date.now() - asked < 60000) return;
  asked = Date.now();
  stillSignedIn();
});

// The locked desk: the password goes to the server by itself, and the page goes on as it was left.
document.addEventListener(
  'submit',
  async (event) => {
    const form = event.target;
    if (!form.matches?.('[data-unlock]')) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // no form of the page: it is neither held nor asked for
    const refusal = form.querySelector('[data-unlock-refusal]');
    const field = form.elements.password;
    const headers = { Accept: 'application/json', 'X-CSRFToken': token() };
    const body = new URLSearchParams({ password: field.value });
    field.value = '';
    try {
      const answer = await fetch(form.action, { method: 'POST', headers, body, credentials: 'same-origin' });
      const found = await answer.json();
      refusal.hidden = answer.ok;
      refusal.textContent = answer.ok ? '' : found.title || text('failed');
      if (!answer.ok) return field.focus();
      lastContact = Date.now();
      if (takeOver(found)) form.closest('dialog').close();
    } catch {
      refusal.hidden = false;
      refusal.textContent = text('failed');
    }
  },
  true,
);

// Back from the tab where the person signed in again: the page has the new token before it is free again.
document.addEventListener('visibilitychange', async () => {
  const dialog = document.getElementById('signed-out');
  if (document.hidden || !dialog?.open || !config.session_url) return;
  try {
    const session = await getJson(config.session_url);
    if (session === null) return;
    const isSame = takeOver(session);
    dialog.close();
    if (isSame) toast(text('signed_in_again'), 'o');
  } catch {
    // Not reached: the dialog stays, the next return to this tab asks again.
  }
});
