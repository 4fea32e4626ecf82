// Days may be typed in a hurry: 0321, 580312, 3.21, 2026年3月21日, t for today, +7 for in a week.
import { config, make, text, touch } from './page.js';

function pad(number) {
  return String(number).padStart(2, '0');
}

function show(day) {
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

function today() {
  const [year, month, day] = (config.today || '').split('-').map(Number);
  return year ? new Date(year, month - 1, day) : new Date();
}

function century(year, now) {
  if (year > 99) return year;
  return year <= (now.getFullYear() % 100) + 10 ? 2000 + year : 1900 + year;
}

/** Return YYYY-MM-DD, '' for nothing typed, or null when it is no day. */
export function parseDay(typed, now = today()) {
  const given = typed
    .trim()
    .replace(/[０-９]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .toLowerCase();
  if (!given) return '';
  if (['t', '今', '今天'].includes(given)) return show(now);
  if (/^[+-]\d{1,4}$/.test(given)) {
    return show(new Date(now.getFullYear(), now.getMonth(), now.getDate() + Number(given)));
  }
  const parts = /^\d+$/.test(given) ? splitDigits(given) : splitMarks(given);
  if (!parts) return null;
  const [year, month, day] = [...Array(3 - parts.length).fill(null), ...parts];
  const wholeYear = year === null ? now.getFullYear() : century(year, now);
  const found = new Date(wholeYear, (month ?? now.getMonth() + 1) - 1, day);
  const same = found.getDate() === day && (month === null || found.getMonth() === month - 1);
  return same ? show(found) : null;
}

function splitDigits(digits) {
  const cuts = { 1: [1], 2: [2], 4: [2, 2], 6: [2, 2, 2], 8: [4, 2, 2] }[digits.length];
  if (!cuts) return null;
  let from = 0;
  return cuts.map((length) => {
    from += length;
    return Number(digits.slice(from - length, from));
  });
}

function splitMarks(given) {
  const parts = given.replace(/[日号]$/, '').split(/[-/.年月\s]+/);
  return parts.length > 1 && parts.length < 4 && parts.every((part) => /^\d{1,4}$/.test(part)) ? parts.map(Number) : null;
}

function parseMoment(typed) {
  const [, first, , hour, minute] = /^(.*?)([\sT]+(\d{1,2})[:：]?(\d{2}))?$/.exec(typed.trim());
  const day = parseDay(first);
  if (!day || hour === undefined) return day;
  return Number(hour) < 24 && Number(minute) < 60 ? `${day} ${pad(hour)}:${minute}` : null;
}

function check(input) {
  const value = input.dataset.date === 'datetime' ? parseMoment(input.value) : parseDay(input.value);
  const field = input.closest('.field, .td');
  field?.querySelector('[data-date-error]')?.remove();
  if (value === null) {
    input.classList.add('bad');
    input.setAttribute('aria-invalid', 'true');
    const message = make('div', 'field-error', text('bad_date'));
    message.dataset.dateError = '';
    message.setAttribute('role', 'alert');
    field?.append(message);
    return;
  }
  if (input.classList.contains('bad') && !field?.querySelector('.field-error')) {
    input.classList.remove('bad');
    input.removeAttribute('aria-invalid');
  }
  if (input.value !== value) {
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

for (const name of ['change', 'his:leave']) {
  document.addEventListener(
    name,
    (event) => {
      if (event.target.matches?.('[data-date]')) check(event.target);
    },
    true,
  );
}

function load(url) {
  return new Promise((resolve, reject) => {
    const script = make('script');
    script.src = url;
    script.addEventListener('load', resolve);
    script.addEventListener('error', reject);
    document.head.append(script);
  });
}

let picker;
function loadPicker() {
  picker ||= (async () => {
    const style = make('link');
    style.rel = 'stylesheet';
    style.href = config.assets.flatpickr_css;
    document.head.append(style);
    await load(config.assets.flatpickr);
    if (document.documentElement.lang.startsWith('zh')) await load(config.assets.flatpickr_zh);
  })();
  return picker;
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-date-picker]');
  if (!button) return;
  const input = button.parentElement.querySelector('[data-date]');
  if (input.disabled || input.readOnly) return;
  await loadPicker();
  const zh = document.documentElement.lang.startsWith('zh');
  const moment = input.dataset.date === 'datetime';
  const calendar = window.flatpickr(input, {
    allowInput: true,
    clickOpens: false,
    disableMobile: !touch,
    enableTime: moment,
    time_24hr: true,
    dateFormat: moment ? 'Y-m-d H:i' : 'Y-m-d',
    defaultDate: check(input) || input.value || null,
    appendTo: input.closest('dialog') || undefined,
    locale: zh ? 'zh' : 'default',
    onClose: (days, value, self) => setTimeout(() => self.destroy()),
    onChange: () => input.dispatchEvent(new Event('change', { bubbles: true })),
  });
  calendar.open();
});
