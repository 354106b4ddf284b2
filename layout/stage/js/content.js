// Finds out what kind of picture is received: a camera's or a screen's.

const CONTENT_EVERY = [200, 1000, 5000]; // ms between questions, of a new picture and of older ones
const CONTENT_YOUNG = 10000; // ms

// newContentWatch asks the receivers of pictures for their shape and for what their
// senders say of them (video content type, an RTP header extension of Chromium's).
// changed is called when there is something new.
function newContentWatch(changed) {
	const { getStats } = RTCRtpReceiver?.prototype ?? {};
	const asked = new WeakMap(); // receiver -> {since, at, busy}

	const ask = (state, { receiver, note, content: before }) => {
		state.busy = true;
		getStats.call(receiver).then(own((report) => {
			state.busy = false;
			for (const s of report.values()) {
				if (s.type !== 'inbound-rtp' || !(s.frameWidth > 0)) continue;
				const content = { type: s.contentType, width: s.frameWidth, height: s.frameHeight };
				if (before && before.type === content.type && before.width === content.width && before.height === content.height) continue;
				note(content);
				changed();
			}
		}), own(() => { state.busy = false; })); // it is closed
	};
	// lines are those of tap.js.
	return (lines, now) => {
		for (const line of lines) {
			const { receiver, kind, carried, receiving, content } = line;
			if (kind !== 'video' || !carried || !receiving || !getStats) continue;
			let state = asked.get(receiver);
			if (!state) asked.set(receiver, state = { since: now, at: -Infinity, busy: false });
			const every = content === undefined ? CONTENT_EVERY[0] : CONTENT_EVERY[now - state.since < CONTENT_YOUNG ? 1 : 2];
			if (state.busy || now - state.at < every) continue;
			state.at = now;
			ask(state, line);
		}
	};
}
