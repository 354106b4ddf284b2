// Who speaks. Pure: levels and times in, decisions out. Levels are amplitudes
// from 0 to 1, times are milliseconds.

const SPEECH_ON = 0.01; // -40 dBFS, smoothed
const SPEECH_OFF = 0.004; // -48 dBFS
const SPEECH_RISE = 120; // time constants of the smoothing
const SPEECH_FALL = 350;
const SPEECH_PAUSE = 600; // between words: not the end of speech
const LOUDER_FOR = 600; // before another one takes the stage
const LOUDER_BY = 1.25;
const STAGE_HOLD = 2000;

function newVoice() {
	return { level: 0, at: undefined, on: false, quietSince: undefined };
}

// The voice after a level was heard. told is what the platform itself says
// about speech, if it does; then that is believed.
function hear(voice, level, now, told) {
	const passed = voice.at === undefined ? 0 : Math.max(0, now - voice.at);
	const heard = told === undefined ? level : told ? Math.max(level, 10 * SPEECH_ON) : 0;
	const weight = 1 - Math.exp(-passed / (heard > voice.level ? SPEECH_RISE : SPEECH_FALL));
	const smoothed = voice.level + (heard - voice.level) * weight;
	if (told !== undefined) return { level: smoothed, at: now, on: told, quietSince: undefined };
	if (!voice.on) return { level: smoothed, at: now, on: smoothed >= SPEECH_ON, quietSince: undefined };
	if (smoothed >= SPEECH_OFF) return { level: smoothed, at: now, on: true, quietSince: undefined };
	const quietSince = voice.quietSince ?? now;
	return { level: smoothed, at: now, on: now - quietSince < SPEECH_PAUSE, quietSince };
}

function nobody() {
	return { id: undefined, since: -Infinity, rival: undefined, rivalSince: 0 };
}

// The active speaker after voices were heard. voices are [id, voice] in the
// order of joining. Another one takes over who has been louder for a while, but
// not before the active speaker had some time on the stage; and at once when
// that one has left. Who is active while nobody has spoken yet holds no stage.
function chooseSpeaker(active, voices, now) {
	const current = voices.find(([id]) => id === active.id);
	if (!current) {
		const next = voices.reduce((a, b) => (!a || (b[1].on && (!a[1].on || b[1].level > a[1].level)) ? b : a), undefined);
		if (!next) return nobody();
		return { ...nobody(), id: next[0], since: next[1].on ? now : -Infinity };
	}
	const level = current[1].on ? current[1].level : 0;
	const rival = voices.reduce((a, b) => (
		b[0] !== active.id && b[1].on && b[1].level > level * LOUDER_BY && (!a || b[1].level > a[1].level) ? b : a), undefined);
	if (!rival) return { ...active, rival: undefined, rivalSince: 0, since: level > 0 && active.since === -Infinity ? now : active.since };
	const rivalSince = active.rival === rival[0] ? active.rivalSince : now;
	if (now - rivalSince >= LOUDER_FOR && now - active.since >= STAGE_HOLD) {
		return { ...nobody(), id: rival[0], since: now };
	}
	return { ...active, rival: rival[0], rivalSince };
}
