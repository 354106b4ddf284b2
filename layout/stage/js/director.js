// Decides what is on the stage: who, where, and who is the active speaker. It
// remembers who sat where and who spoke when; it touches no document.

function newDirector() {
	let voices = new Map(); // id -> voice
	let active = nobody();
	const spoke = new Map(); // id -> when last
	const shared = new Map(); // id -> the track of its screen, in the order of their starts
	let seats = [];

	return {
		// Takes the level of each person that is shown. Returns who began and who
		// ended to speak.
		hear(people, levelOf, now) {
			const before = voices;
			voices = new Map();
			const turns = [];
			for (const p of people) {
				const old = before.get(p.id) ?? newVoice();
				const told = p.muted ? false : p.speaking;
				const voice = hear(old, p.muted ? 0 : levelOf(p), now, told);
				voices.set(p.id, voice);
				if (voice.on) spoke.set(p.id, now);
				if (voice.on !== old.on) turns.push({ id: p.id, name: p.name ?? '', on: voice.on });
				before.delete(p.id);
			}
			for (const [id, voice] of before) {
				spoke.delete(id);
				if (voice.on) turns.push({ id, name: '', on: false });
			}
			active = chooseSpeaker(active, [...voices], now);
			return turns;
		},
		speaks: (id) => voices.get(id)?.on === true,
		active: () => active.id,

		// The tiles of a layout: {key, person, screen, rect}. key stays the same as
		// long as it is the same picture of the same person. canShow tells whether a
		// shared screen has a picture: until then nobody makes room for it, and waiting
		// gets its key.
		scene(layout, people, width, height, canShow) {
			for (const id of [...shared.keys()]) {
				if (shared.get(id) !== people.find((p) => p.id === id)?.screen) shared.delete(id);
			}
			for (const p of people) if (p.screen) shared.set(p.id, p.screen);
			const waiting = new Set();
			// Of several screens the newest.
			const presenter = [...shared.keys()].reverse().map((id) => people.find((p) => p.id === id)).find((p) => {
				const key = `screen ${p.id}`;
				if (canShow(key, p)) return true;
				waiting.add(key);
				return false;
			});
			const faces = people.filter((p) => !p.faceless);
			const byId = new Map(faces.map((p) => [p.id, p]));
			const ids = faces.map((p) => p.id);
			const first = byId.has(active.id) ? active.id : ids[0];

			const places = arrange(layout, width, height, ids.length, Boolean(presenter));
			const tiles = presenter ? [{ key: `screen ${presenter.id}`, person: presenter, screen: true, rect: places.main }] : [];
			const large = places.main !== null && !presenter; // the active speaker
			const rects = large ? [places.main, ...places.people] : places.people;
			seats = seatPeople(seats, ids, rects.length, spoke, large ? first : undefined);
			seats.forEach((id, i) => tiles.push({ key: `person ${id}`, person: byId.get(id), screen: false, rect: rects[i] }));
			return { tiles, waiting };
		},
	};
}
