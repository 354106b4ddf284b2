// How loud each remote sound is.

const LEVEL_STALE = 400; // ms without a packet; then there is silence
const STATS_EVERY = 300; // ms; a report is much dearer than a look at a source

// Reads levels, from 0 to 1. A source knows the level where the sender writes it
// into its packets (RFC 6464), and that costs next to nothing; where it doesn't,
// the statistics of the peer connection tell the energy of the sound. No
// AudioContext is needed, which would cost a thread and a copy of each sound.
function newLevels() {
	const last = new WeakMap(); // receiver -> {stamp, at}: the newest packet
	const energies = new WeakMap(); // peer -> {at, busy, byTrack}

	const measure = (peer, now) => {
		let state = energies.get(peer);
		if (!state) energies.set(peer, state = { at: -Infinity, busy: false, byTrack: new Map() });
		if (!state.busy && now - state.at >= STATS_EVERY) {
			state.busy = true;
			state.at = now;
			peer.getStats().then((report) => {
				for (const s of report.values()) {
					if (s.type !== 'inbound-rtp' || s.kind !== 'audio' || !s.trackIdentifier) continue;
					const energy = s.totalAudioEnergy ?? 0;
					const duration = s.totalSamplesDuration ?? 0;
					const before = state.byTrack.get(s.trackIdentifier);
					const passed = before ? duration - before.duration : 0;
					const level = passed > 0 ? Math.sqrt(Math.max(0, energy - before.energy) / passed) : 0;
					state.byTrack.set(s.trackIdentifier, { energy, duration, level });
				}
			}, () => {}).finally(() => { state.busy = false; });
		}
		return state.byTrack;
	};

	return (entry, now) => {
		let source;
		try {
			[source] = entry.receiver.getSynchronizationSources();
		} catch { /* the receiver is gone */ }
		if (source?.audioLevel === undefined) {
			return measure(entry.peer, now).get(entry.trackId)?.level ?? 0;
		}
		const stamp = source.rtpTimestamp;
		const before = last.get(entry.receiver);
		if (!before || before.stamp !== stamp) last.set(entry.receiver, { stamp, at: now });
		else if (now - before.at > LEVEL_STALE) return 0;
		return source.audioLevel;
	};
}
