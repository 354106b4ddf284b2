// Keeps tracks silent and black, whatever the page does with them.

// Installs what withholding needs into this frame, before the page's scripts.
// The accessors of the prototype are replaced, not those of single tracks, so
// that no page finds a way past them and clones are held too. Reading enabled
// tells the truth; what the page wants is kept, and comes into force when the
// track is let go. This is done for a filter only: without one, the page keeps
// the browser's own functions.
function installWithholding() {
	const proto = MediaStreamTrack.prototype;
	const own = Object.getOwnPropertyDescriptor(proto, 'enabled');
	const cloneTrack = proto.clone;
	const cloneStream = MediaStream.prototype.clone;
	const gate = newGate();
	const groups = new WeakMap(); // track -> the group of it and its clones
	const wishes = new WeakMap(); // track -> what the page wants

	const groupOf = (track) => {
		let group = groups.get(track);
		if (!group) {
			group = { held: false, tracks: new Set([new WeakRef(track)]) };
			groups.set(track, group);
			wishes.set(track, own.get.call(track));
			track.addEventListener('unmute', () => { if (groups.get(track).held) hold(track); });
		}
		return group;
	};
	// Without a gate this is what helps against the forgotten sound, mostly.
	const hold = (track) => {
		own.set.call(track, true);
		own.set.call(track, false);
	};
	const join = (track, copy) => {
		const group = groupOf(track);
		group.tracks.add(new WeakRef(copy));
		groups.set(copy, group);
		wishes.set(copy, wishes.get(track));
		if (group.held) own.set.call(copy, false);
	};

	Object.defineProperty(proto, 'enabled', {
		...own,
		set(value) {
			const group = groups.get(this);
			if (!group) return own.set.call(this, value);
			wishes.set(this, Boolean(value));
			return own.set.call(this, !group.held && Boolean(value));
		},
	});
	proto.clone = function clone() {
		const copy = cloneTrack.call(this);
		if (groups.has(this)) join(this, copy);
		return copy;
	};
	MediaStream.prototype.clone = function clone() {
		const copy = cloneStream.call(this);
		for (const list of ['getAudioTracks', 'getVideoTracks']) {
			const copies = copy[list]();
			this[list]().forEach((track, i) => { if (groups.has(track) && copies[i]) join(track, copies[i]); });
		}
		return copy;
	};

	return {
		// Withholds a track that has just arrived, before anything of it is decoded.
		begin(track, receiver) {
			if (receiver) gate.attach(track, receiver);
			this.withhold(track, true);
		},
		// Withholds a track with all its clones, or lets them go.
		withhold(track, held) {
			const group = groupOf(track);
			if (group.held === held) return;
			group.held = held;
			for (const ref of group.tracks) {
				const one = ref.deref();
				if (!one) group.tracks.delete(ref);
				else own.set.call(one, !held && wishes.get(one));
				if (one) gate.open(one, !held);
			}
		},
		withheld: (track) => groups.get(track)?.held === true,
		// The identity of a track and its clones; undefined when it was never asked
		// for with make.
		group: (track, make) => (make ? groupOf(track) : groups.get(track)),
	};
}
