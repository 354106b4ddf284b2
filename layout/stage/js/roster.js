// Who is there, with which media. Pure but for the tracks that it hands through.

const MOST_PEOPLE = 1000;

// A text for one line: without what would break or turn it, and not endless.
function plainText(value, longest) {
	// eslint-disable-next-line no-control-regex
	const text = String(value ?? '').replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
		.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').trim();
	return Array.from(text.slice(0, 4 * longest)).slice(0, longest).join('').trim();
}

// Finds the track of a medium among the remote tracks.
function findTrack({ kind, track, trackId, streamId }, remote) {
	const wanted = kind === 'camera' || kind === 'screen' ? 'video' : 'audio';
	if (track) return track.kind === wanted && track.readyState !== 'ended' ? track : undefined;
	const found = trackId
		? remote.find((t) => t.trackId === trackId && t.kind === wanted)
		: streamId && remote.find((t) => t.streams.includes(streamId) && t.kind === wanted);
	return found ? found.track : undefined;
}

// People as a platform's script reports them, checked: whatever of it is not as
// it should be is left out.
function readPeople(list, remote) {
	const seen = new Set();
	const people = [];
	for (const p of Array.from(list ?? []).slice(0, MOST_PEOPLE)) {
		const id = p?.id === undefined || p.id === null ? '' : String(p.id);
		if (id === '' || seen.has(id)) continue;
		seen.add(id);
		const media = Array.from(p.media ?? []).filter(Boolean)
			.map((m) => ({ kind: String(m.kind), muted: Boolean(m.muted), track: findTrack(m, remote) }));
		people.push({
			id,
			name: p.name === undefined || p.name === null ? undefined : plainText(p.name, 200),
			role: p.role === undefined || p.role === null ? undefined : plainText(p.role, 100),
			self: Boolean(p.self),
			avatar: p.avatar ? String(p.avatar) : '',
			speaking: typeof p.speaking === 'boolean' ? p.speaking : undefined,
			media,
			muteKnown: true,
		});
	}
	return people;
}

// What of a person is there to be seen and heard.
function mediaOf(person) {
	const one = (kind) => person.media.find((m) => m.kind === kind && m.track && !m.muted)?.track;
	return { camera: one('camera'), microphone: one('microphone'), screen: one('screen') };
}
