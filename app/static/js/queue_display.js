// The screen in the waiting hall: shows who is called, says it twice, keeps the last state when the line is cut.
const root = document.querySelector('[data-queue-display]');
const part = (name) => root.querySelector(`[data-tv="${name}"]`);
const { stateUrl, eventsUrl, voice } = root.dataset;
let spoken = null;
let polling = 0;
let lastState = Date.now();

function row(entry, current) {
  const line = document.createElement('tr');
  line.className = entry.place === current ? 'tv-row on' : 'tv-row';
  for (const value of [entry.place, entry.now, entry.next]) {
    const cell = document.createElement('td');
    cell.className = 'tv-td';
    cell.textContent = value || '—';
    line.append(cell);
  }
  return line;
}

function show(state) {
  lastState = Date.now();
  part('offline').hidden = true;
  const now = state.now || null;
  part('call').hidden = !now;
  part('idle').hidden = Boolean(now);
  if (now) for (const name of ['number', 'name', 'place']) part(name).textContent = now[name] || '';
  part('rows').replaceChildren(...(state.rows || []).map((entry) => row(entry, now?.place)));
  if (!now) return;
  // What was already on the screen when it was switched on is not announced again.
  if (spoken !== null && now.call_id !== spoken) announce(now);
  spoken = now.call_id;
}

const waiting = [];
let speaking = false;

function announce(call) {
  if (!voice) return;
  waiting.push(call, call);
  speakNext();
}

async function speakNext() {
  if (speaking || !waiting.length) return;
  speaking = true;
  const call = waiting.shift();
  try {
    if (call.audio_url) await play(call.audio_url);
    else await say(call.speech || `${call.number} ${call.place}`);
  } catch {
    part('sound').hidden = false;
  }
  speaking = false;
  speakNext();
}

function play(url) {
  const audio = new Audio(url);
  return new Promise((resolve, reject) => {
    audio.addEventListener('ended', resolve);
    audio.addEventListener('error', resolve);
    audio.play().catch(reject);
  });
}

// The list of voices is empty until the browser has fetched it.
const voices = new Promise((resolve) => {
  const synthesis = window.speechSynthesis;
  if (!synthesis) return resolve([]);
  if (synthesis.getVoices().length) return resolve(synthesis.getVoices());
  synthesis.addEventListener('voiceschanged', () => resolve(synthesis.getVoices()), { once: true });
  setTimeout(() => resolve(synthesis.getVoices()), 3000);
  return undefined;
});

async function say(sentence) {
  const chinese = (await voices).find((entry) => /^(zh|cmn)/i.test(entry.lang));
  if (!chinese) return;
  await new Promise((resolve, reject) => {
    const speech = new SpeechSynthesisUtterance(sentence);
    speech.voice = chinese;
    speech.lang = chinese.lang;
    speech.rate = 0.9;
    speech.addEventListener('end', resolve);
    speech.addEventListener('error', (event) => (event.error === 'not-allowed' ? reject(event) : resolve()));
    setTimeout(resolve, 20000); // some engines never say that they have ended
    window.speechSynthesis.speak(speech);
  });
}

async function poll() {
  try {
    const answer = await fetch(stateUrl, { headers: { Accept: 'application/json' }, credentials: 'same-origin' });
    if (!answer.ok) throw new Error(`${answer.status}`);
    show(await answer.json());
  } catch {
    if (Date.now() - lastState > 15000) part('offline').hidden = false;
  }
}

function startPolling() {
  if (polling) return;
  poll();
  polling = setInterval(poll, 5000);
}

function listen() {
  if (!eventsUrl || !window.EventSource) return startPolling();
  const source = new EventSource(eventsUrl);
  const take = (event) => show(JSON.parse(event.data));
  source.addEventListener('message', take);
  source.addEventListener('state', take);
  source.addEventListener('open', () => {
    clearInterval(polling);
    polling = 0;
    poll();
  });
  source.addEventListener('error', () => {
    startPolling();
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, 30000);
  });
  return undefined;
}

function tick() {
  const now = new Date();
  const lang = document.documentElement.lang;
  part('clock').textContent = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hour12: false }).format(now);
  part('day').textContent = new Intl.DateTimeFormat(lang, { weekday: 'short' }).format(now);
  // Once a night the page begins anew, so that it never runs on old files.
  if (now.getHours() === 3 && now.getMinutes() === 0 && performance.now() > 3600000 && navigator.onLine) location.reload();
}

part('sound').addEventListener('click', () => {
  part('sound').hidden = true;
});
tick();
setInterval(tick, 10000);
poll();
listen();
