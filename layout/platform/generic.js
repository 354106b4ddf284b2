// Any page. One that is made for Beam tells who is there by window.beamRoom, the page
// contract of docs/platforms.md; no other page finds that. A page may turn out to be a
// demo room. Where nothing is told here, people are made out of the remote media.
function generic(room) {
	const door = kit.door(room);
	const KINDS = ['camera', 'microphone', 'screen', 'screen-audio'];
	const wrong = (what) => new TypeError(`beamRoom.people: ${what}`);

	const medium = (m) => {
		if (!KINDS.includes(m?.kind)) throw wrong(`the kind of a medium is one of ${KINDS.join(', ')}`);
		if (m.track && !kit.isTrack(m.track)) throw wrong('the track of a medium is a MediaStreamTrack');
		return {
			kind: m.kind,
			muted: Boolean(m.muted),
			track: m.track ?? undefined,
			trackId: m.trackId && String(m.trackId),
			streamId: m.streamId && String(m.streamId),
		};
	};
	const person = (p) => {
		if (p?.id === undefined || p.id === null || p.id === '') throw wrong('each person has an id');
		return {
			id: kit.text(p.id),
			name: kit.text(p.name),
			role: p.role === undefined ? undefined : kit.text(p.role),
			self: Boolean(p.self),
			avatar: p.avatar && String(p.avatar),
			joinedAt: Number.isFinite(p.joinedAt) ? p.joinedAt : undefined,
			speaking: typeof p.speaking === 'boolean' ? p.speaking : undefined,
			media: Array.from(p.media ?? [], medium),
		};
	};
	let told = false;
	const contract = {
		joined: () => door.joined(),
		people(list) {
			if (!Array.isArray(list)) throw wrong('give a list of all people');
			const people = list.map(person);
			if (!told && !door.over()) door.joined();
			told = true;
			door.people(people);
		},
		waiting: (why) => door.waiting(kit.text(why)),
		refused: (why) => door.refused(why),
		ended: (why) => door.ended(why),
		kicked: (why) => door.kicked(why),
		reconnecting: () => door.away(),
		reconnected: () => door.joined(),
		chat(m) {
			room.chat({
				id: kit.text(m?.id),
				senderId: kit.text(m?.senderId),
				senderName: kit.text(m?.senderName),
				senderUserId: kit.text(m?.senderUserId),
				roles: Array.from(m?.roles ?? [], (role) => kit.text(role)),
				sentAt: Number.isFinite(m?.sentAt) ? m.sentAt : Date.now(),
				type: 'chat',
				text: kit.text(m?.text, 5000),
			});
		},
	};
	if (room.facts?.contract) {
		const own = room.own ?? ((fn) => fn);
		const value = Object.freeze(Object.fromEntries(Object.entries(contract).map(([name, fn]) => [name, own(fn)])));
		Object.defineProperty(window, 'beamRoom', { value, configurable: true, writable: true });
	}
	return demo(room);
}
