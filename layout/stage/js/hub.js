// Brings together what the frames' media, the platform's script and the filter
// say, and tells Beam and the stage.

const HUB_TICK = 100; // ms
// A platform's script that says nothing of people has this long after the first
// remote track; then people are made out of the media alone.
const GUESS_AFTER = 1500; // ms
const LAYOUTS = ['native', 'grid', 'speaker', 'spotlight'];

// newHub: frames are {tap, withholding} of this frame and of those of the same
// origin in it; send sends a message to Beam.
function newHub({ facts, filter, frames, stage, send }) {
	let layout = facts.layout;
	let platform; // what its script returned
	let scripted = false; // there is a platform's script
	let reported; // the last snapshot
	let remote = []; // tracks of all frames
	let firstTrackAt;
	let view = []; // people who are shown
	let staged = false; // there was something for the stage
	let heldTracks = 0;
	let joinedAt;
	let waiting = false;
	let queued = false;
	let signature = '';
	const said = {};
	const director = newDirector();
	const level = newLevels();
	const order = new Map(); // id -> number, in the order of their first sight
	const listeners = new Set();
	let seen = 0;
	const stats = newStats({ frames, stage, people: () => view });

	// The same message again is not sent.
	const tell = (type, message) => {
		const text = JSON.stringify(message);
		if (said[type] === text) return;
		said[type] = text;
		send({ type, ...message });
	};

	const roster = () => {
		if (reported) return readPeople(reported, remote);
		if (scripted && (firstTrackAt === undefined || performance.now() - firstTrackAt < GUESS_AFTER)) return [];
		return guessPeople(remote);
	};

	// Lets go the tracks of whoever passes, and withholds all others.
	const withhold = (people, shown) => {
		heldTracks = 0;
		if (!filter.set) return;
		const free = new Set();
		const loose = new Map(); // tracks that no frame received
		for (const p of people) {
			if (p.self) continue; // what the recorder sends is nobody's business
			for (const { track } of p.media) {
				if (!track) continue;
				const home = frames.find(({ withholding }) => withholding.group(track)) ?? frames[0];
				const group = home.withholding.group(track, true);
				loose.set(group, { home, track });
				if (shown.has(p.id)) free.add(group);
			}
		}
		// A track of two people, of whom one doesn't pass, is heard of neither.
		for (const p of people) {
			if (shown.has(p.id) || p.self) continue;
			for (const { track } of p.media) {
				if (!track) continue;
				for (const { withholding } of frames) free.delete(withholding.group(track));
			}
		}
		for (const { home, track } of loose.values()) home.withholding.withhold(track, !free.has(home.withholding.group(track)));
		for (const { tap, withholding } of frames) {
			for (const { track } of tap.tracks()) {
				const held = !free.has(withholding.group(track, true));
				withholding.withhold(track, held);
				if (held) heldTracks++;
			}
		}
	};

	// In the page's own interface, pictures that are withheld leave no black hole.
	const hideVideos = () => {
		if (!filter.set) return;
		for (const { tap, withholding } of frames) {
			for (const video of tap.document.querySelectorAll('video')) {
				const tracks = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : [];
				const hide = tracks.length > 0 && tracks.every((track) => withholding.withheld(track));
				if (hide) video.style.setProperty('visibility', 'hidden', 'important');
				else if (hidden.has(video)) video.style.removeProperty('visibility');
				if (hide) hidden.add(video);
				else hidden.delete(video);
			}
		}
	};
	const hidden = new WeakSet();

	const render = () => {
		staged ||= filter.set || joinedAt !== undefined || view.length > 0;
		const on = staged && layout !== 'native';
		stage.set(on);
		if (!on) return;
		const { tiles, waiting } = director.scene(layout, view, innerWidth, innerHeight, (key, person) => stage.prepare(key, person, true));
		stage.draw(layout, tiles, waiting, director.speaks);
	};

	const refresh = () => {
		queued = false;
		remote = frames.flatMap(({ tap }) => tap.tracks());
		if (remote.length > 0) firstTrackAt ??= performance.now();
		const all = roster();
		const people = all.filter((p) => !p.self);
		const shown = new Set(people.filter(filter.passes).map((p) => p.id));
		withhold(all, shown);

		for (const id of [...order.keys()]) if (!people.some((p) => p.id === id)) order.delete(id);
		for (const p of people) if (!order.has(p.id)) order.set(p.id, seen++);
		people.sort((a, b) => order.get(a.id) - order.get(b.id));
		view = people.filter((p) => shown.has(p.id)).map((p) => {
			const media = mediaOf(p);
			return { ...p, ...media, muted: p.muteKnown && !media.microphone };
		});
		tell('people', {
			people: people.map((p) => {
				const { camera, microphone, screen } = mediaOf(p);
				return {
					id: p.id, name: p.name ?? '', role: p.role ?? '', shown: shown.has(p.id),
					camera: Boolean(camera), microphone: Boolean(microphone), screen: Boolean(screen),
				};
			}),
		});
		render();
	};

	const levelOf = (now) => (person) => {
		const entry = person.microphone && remote.find((t) => t.track === person.microphone);
		return entry ? level(entry, now) : 0;
	};

	// What changes without an event: levels, closed peers, streams that a track
	// was put into or taken from, a document that was replaced.
	const tick = () => {
		const now = performance.now();
		for (let i = frames.length - 1; i > 0; i--) if (!frames[i].tap.alive()) frames.splice(i, 1);
		const next = frames.flatMap(({ tap }) => tap.tracks())
			.map((t) => `${t.trackId} ${t.track.muted} ${t.streams.join(',')}`).join('\n')
			+ (scripted && !reported && firstTrackAt !== undefined && now - firstTrackAt >= GUESS_AFTER ? ' guess' : '');
		if (next !== signature) {
			signature = next;
			listeners.forEach((fn) => fn());
			refresh();
		}
		const turns = director.hear(view, levelOf(now), now);
		for (const turn of turns) send({ type: 'speaking', ...turn });
		if (stage.on()) {
			stage.hold();
			render();
		} else hideVideos();
	};

	const changed = () => {
		if (queued) return;
		queued = true;
		queueMicrotask(() => {
			listeners.forEach((fn) => fn());
			refresh();
		});
	};
	const text = (value) => plainText(value, 500);

	const room = {
		facts,
		tap: Object.freeze({
			tracks: () => frames.flatMap(({ tap }) => tap.tracks()),
			onchange: (fn) => { listeners.add(fn); },
		}),
		// Tells whether a person of people() may be seen and heard; only there with a
		// filter. A script that can may then ask the room for nobody else's media.
		passes: filter.set ? (person) => readPeople([person], []).some(filter.passes) : undefined,
		joined() {
			waiting = false;
			if (joinedAt !== undefined) return;
			joinedAt = performance.now();
			send({ type: 'joined' });
			changed();
		},
		people(list) {
			reported = Array.from(list ?? []);
			refresh();
		},
		waiting(why) {
			waiting = joinedAt === undefined;
			tell('waiting', { text: text(why) });
		},
		refused: (why) => send({ type: 'refused', text: text(why) }),
		ended: (why) => send({ type: 'ended', text: text(why) }),
		kicked: (why) => send({ type: 'kicked', text: text(why) }),
		reconnecting: () => send({ type: 'reconnecting' }),
		reconnected: () => send({ type: 'reconnected' }),
		chat: (message) => send({
			type: 'chat',
			chat: {
				id: text(message?.id), senderId: text(message?.senderId), senderName: text(message?.senderName),
				senderUserId: text(message?.senderUserId), roles: Array.from(message?.roles ?? [], text).slice(0, 20),
				sentAt: Number(message?.sentAt) || Date.now(), type: text(message?.type ?? 'chat'),
				text: String(message?.text ?? '').slice(0, 10000),
			},
		}),
	};

	const switchPage = (name) => {
		try {
			platform?.layout?.(name);
		} catch (error) {
			console.debug(`beam: the page's layout could not be switched: ${error}`);
		}
	};

	return {
		changed,
		render,
		// Starts to look, and the platform's script.
		start(script) {
			scripted = Boolean(script);
			setInterval(tick, HUB_TICK);
			addEventListener('resize', changed);
			render();
			if (script) platform = script(Object.freeze(room)) ?? undefined;
		},
		// What readiness depends on, beside what the page itself shows.
		facts() {
			const mine = remote.filter(({ track }) => view.some((p) => p.camera === track || p.microphone === track || p.screen === track));
			const guessing = scripted && !reported && remote.length > 0 && view.length === 0;
			return {
				waiting: waiting || (layout !== 'native' && guessing),
				joinedAt,
				staged: stage.on(),
				known: reported !== undefined || filter.set,
				live: stage.live(),
				people: view.length,
				withheld: heldTracks,
				counts: countTracks(stage.on() || reported !== undefined || filter.set ? mine : remote),
			};
		},
		// Does what Beam asks for; returns "ok" or what is wrong, or the statistics.
		command(what) {
			if (what?.do === 'stats') return stats();
			if (what?.do !== 'layout') return `what is to be done is not known: ${text(what?.do)}`;
			if (!LAYOUTS.includes(what.layout)) return `layout ${JSON.stringify(text(what.layout))} is not known; there is: ${LAYOUTS.join(', ')}`;
			if (what.layout !== layout) {
				layout = what.layout;
				switchPage(layout);
				staged ||= layout !== 'native';
				render();
				send({ type: 'layout', layout });
			}
			return 'ok';
		},
	};
}
