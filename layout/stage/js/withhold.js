// Keeps tracks silent and black, whatever the page does with them.

// newWithholding prepares what withholding needs in this frame; it comes into force
// with the first track that is withheld. The accessors of the prototype are replaced,
// not those of single tracks, so that no page finds a way past them and clones are
// held too. Reading enabled tells what the page wants: rooms that look would ask for
// no picture of whoever seems to be off, also once they are to be seen. Without a
// filter the page keeps the browser's own functions.
function newWithholding({ sure, tracks, give }) {
	const proto = MediaStreamTrack.prototype;
	const original = Object.getOwnPropertyDescriptor(proto, 'enabled');
	const cloneTrack = proto.clone;
	const cloneStream = MediaStream.prototype.clone;
	const gate = newGate({ sure, tracks, give });
	const groups = new WeakMap(); // track -> the group of it and its clones
	const wishes = new WeakMap(); // track -> what the page wants
	let installed = false;

	const groupOf = (track) => {
		let group = groups.get(track);
		if (!group) {
			group = { held: false, tracks: new Set([new WeakRef(track)]) };
			groups.set(track, group);
			wishes.set(track, original.get.call(track));
			listen(track, 'unmute', own(() => { if (groups.get(track).held) hold(track); }));
		}
		return group;
	};
	// Without a gate this is what helps against the forgotten sound, mostly.
	const hold = (track) => {
		original.set.call(track, true);
		original.set.call(track, false);
	};
	const join = own((track, copy) => {
		const group = groupOf(track);
		group.tracks.add(new WeakRef(copy));
		groups.set(copy, group);
		wishes.set(copy, wishes.get(track));
		if (group.held) original.set.call(copy, false);
		return copy;
	});
	const wants = own((track) => (groups.has(track) ? wishes.get(track) : original.get.call(track)));
	const want = own((track, value) => {
		const group = groups.get(track);
		if (!group) {
			original.set.call(track, value);
			return;
		}
		wishes.set(track, Boolean(value));
		original.set.call(track, !group.held && Boolean(value));
	});
	const known = own((track) => groups.has(track));
	const copyStream = own((stream) => {
		const copy = cloneStream.call(stream);
		for (const list of ['getAudioTracks', 'getVideoTracks']) {
			const copies = copy[list]();
			stream[list]().forEach((track, i) => { if (groups.has(track) && copies[i]) join(track, copies[i]); });
		}
		return copy;
	});
	const install = () => {
		if (installed) return;
		installed = true;
		const { apply } = Reflect;
		Object.defineProperty(proto, 'enabled', {
			...original,
			get() { return wants(this); },
			set(value) { want(this, value); },
		});
		proto.clone = function clone() {
			const copy = apply(cloneTrack, this, []);
			return known(this) ? join(this, copy) : copy;
		};
		MediaStream.prototype.clone = function clone() { return copyStream(this); };
	};

	// Withholds a track with all its clones, or lets them go. receiver is its own,
	// where that may get a gate.
	const withhold = (track, held, receiver) => {
		const group = groupOf(track);
		if (held) {
			install();
			if (receiver) gate.attach(track, receiver);
			if (group.held && track.kind === 'audio' && !gate.works(track)) hold(track);
		}
		if (group.held === held) return;
		group.held = held;
		for (const ref of group.tracks) {
			const one = ref.deref();
			if (!one) group.tracks.delete(ref);
			else original.set.call(one, !held && wishes.get(one));
			if (one) gate.open(one, !held);
		}
	};
	// Hands a track's frames to Beam, for as long as it is not withheld.
	const record = (track, receiver) => {
		if (!tracks || !receiver) return;
		gate.attach(track, receiver);
		if (groups.get(track)?.held !== true) gate.open(track, true);
	};
	return {
		record: own(record),
		number: own((track) => gate.number(track)),
		withhold: own(withhold),
		withheld: own((track) => groups.get(track)?.held === true),
		// The identity of a track and its clones; undefined when it was never asked
		// for with make.
		group: own((track, make) => (make ? groupOf(track) : groups.get(track))),
	};
}
