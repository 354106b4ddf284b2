// 100ms: window.__hms leads to the store of the room's page, whose state has
// room, peers, tracks, speakers and messages, and to its notifications.
function hms(room) {
	const door = kit.door(room);
	const lost = kit.lasting(2000);
	const previewed = kit.lasting(2000);
	let page; // window.__hms, once it is there
	let trouble = ''; // the last error that the page was told
	let off = [];
	const chatted = new Set();
	const asked = new Set(); // tracks whose best layer was asked for
	const sinks = new Map(); // track's id -> {of, element}: what the page sends a picture for
	const MOST_SINKS = 25; // as many people as the stage shows
	const LOUD = 3; // of 100: what the page tells of less is noise
	let staged = room.facts?.layout !== 'native';

	// The page tells speech to recorders by this bridge, ten times a second
	// while somebody speaks: a list of peers with their levels.
	const spoke = new Map(); // by peer: when
	const bridge = kit.safely((json) => {
		const { event, data } = JSON.parse(json);
		if (event !== 'app-audio-level') return;
		for (const { peerId, level } of [data].flat()) if (level >= LOUD) spoke.set(peerId, performance.now());
		soon();
	});
	Object.defineProperty(window, '__triggerBeamEvent__', { value: bridge, configurable: true, writable: true });

	const actions = () => page.getActions?.() ?? page.getHMSActions?.();
	const nativeTrack = (id) => {
		const known = actions()?.getTrackById?.(id) ?? actions()?.hmsSDKTracks?.[id];
		// Until a picture is sent for, a black canvas stands for it.
		return kit.isTrack(known?.nativeTrack) && !('canvas' in known.nativeTrack) ? known.nativeTrack : undefined;
	};
	const medium = (state, id, kind) => {
		const track = state.tracks[id];
		if (!track) return [];
		return [{ kind, muted: track.enabled === false, trackId: id, track: nativeTrack(id) }];
	};
	const extra = (state, id) => medium(state, id, state.tracks[id]?.type === 'video' ? 'screen' : 'screen-audio');

	const person = (state, peer) => {
		const recent = performance.now() - (spoke.get(peer.id) ?? -Infinity) < 500;
		const level = state.speakers?.[peer.audioTrack]?.audioLevel ?? 0;
		const heard = peer.audioTrack && nativeTrack(peer.audioTrack); // then Beam hears better who speaks
		return {
			id: peer.id,
			name: kit.text(peer.name),
			role: kit.text(peer.roleName),
			// Services such as recorders are peers with a role of this kind.
			self: Boolean(peer.isLocal) || String(peer.roleName).startsWith('__internal'),
			joinedAt: peer.joinedAt ? Number(new Date(peer.joinedAt)) : undefined,
			speaking: heard ? undefined : recent || level >= LOUD,
			media: [
				...(peer.videoTrack ? medium(state, peer.videoTrack, 'camera') : []),
				...(peer.audioTrack ? medium(state, peer.audioTrack, 'microphone') : []),
				...(peer.auxiliaryTracks ?? []).flatMap((id) => extra(state, id)),
			],
		};
	};
	// Pictures are sent for those video elements that the page's client was given and
	// that are in view, in the layer that fits them: the page's own tiles, nine of them
	// mostly. So it is given an element of the stage for each person who may be shown.
	const attach = (state) => {
		const wanted = new Map();
		const peers = Object.values(state.peers).filter((peer) => !peer.isLocal && (!room.filtering?.() || room.passes(person(state, peer))));
		for (const peer of staged ? peers : []) {
			if (wanted.size >= MOST_SINKS) break;
			for (const id of [peer.videoTrack, ...(peer.auxiliaryTracks ?? [])]) {
				const of = id && state.tracks[id]?.type === 'video' && actions().getTrackById?.(id);
				if (of) wanted.set(id, of);
			}
		}
		for (const [id, { of, element }] of sinks) {
			if (wanted.get(id) === of) continue;
			sinks.delete(id);
			Promise.resolve(actions().detachVideo?.(id, element)).catch(() => {});
			element.remove();
		}
		for (const [id, of] of wanted) {
			if (sinks.has(id)) continue;
			const element = room.sink();
			sinks.set(id, { of, element });
			Promise.resolve(actions().attachVideo(id, element)).catch(() => {});
		}
	};
	const bestLayers = (state) => {
		if (room.sink && actions()?.attachVideo) return attach(state);
		if (!staged) return undefined;
		for (const track of Object.values(state.tracks)) {
			if (track.type !== 'video' || !(track.layerDefinitions?.length > 1) || asked.has(track.id)) continue;
			asked.add(track.id);
			Promise.resolve(actions()?.setPreferredLayer?.(track.id, 'high')).catch(() => {});
		}
		return undefined;
	};
	const written = (id, m) => {
		if (!id || chatted.has(id) || !m) return;
		chatted.add(id);
		if (m.type !== 'chat') return;
		room.chat({
			id,
			senderId: kit.text(m.sender),
			senderName: kit.text(m.senderName),
			senderUserId: kit.text(m.senderUserId),
			roles: Array.from(m.recipientRoles ?? [], (role) => kit.text(role)),
			sentAt: Number(new Date(m.time)) || Date.now(),
			type: 'chat',
			text: kit.text(typeof m.message === 'string' ? m.message : JSON.stringify(m.message), 5000),
		});
	};
	const chat = (state) => {
		for (const id of state.messages?.allIDs ?? []) written(id, state.messages.byID[id]);
	};

	const notice = kit.safely(({ type, data, message }) => {
		switch (type) {
		case 'ROOM_ENDED': return door.ended(kit.text(data?.reason) || 'the room was ended');
		case 'REMOVED_FROM_ROOM':
			if (data?.roomEnded) return door.ended(kit.text(data?.reason) || 'the room was ended');
			return door.kicked(kit.text(data?.reason));
		case 'RECONNECTING': return door.away();
		case 'RECONNECTED': return soon();
		// With the parameters for recorders the page keeps chat out of its store.
		case 'NEW_MESSAGE': return written(kit.text(data?.id), data);
		case 'ERROR':
			trouble = kit.text(data?.message || data?.description || message);
			if (data?.isTerminal && !door.inside()) door.refused(trouble);
			return undefined;
		default: return undefined;
		}
	});
	const begin = (found) => {
		off.forEach((stop) => stop?.());
		page = found;
		const store = page.getStore();
		off = [store.subscribe(() => soon()), page.getNotifications?.().onNotification?.(notice)];
	};
	// The page should have joined by itself; where it shows its preview all the
	// same, the bot does what a person would.
	const nameField = () => kit.shown('form input#name') ?? kit.shown('[data-testid="preview_name_field"]');
	const joinButton = () => {
		const known = kit.shown('[data-testid="preview_join_btn"]');
		return known ?? kit.shown('form input#name')?.closest('form').querySelector('button[type=submit]') ?? null;
	};
	const join = () => {
		kit.fill(nameField(), room.facts?.name || 'Beam');
		kit.press(joinButton());
	};

	const look = () => {
		if (window.__hms && window.__hms !== page) begin(window.__hms);
		if (previewed(Boolean(joinButton()) && !door.inside())) {
			previewed(false);
			join();
		}
		if (!page) return;
		const state = page.getStore().getState();
		const { roomState, isConnected } = state.room;
		const self = state.peers[state.room.localPeer];
		if (roomState === 'Failed') {
			if (door.inside()) door.away();
			else door.refused(trouble);
		} else if (roomState === 'Reconnecting') {
			door.away();
		} else if (isConnected && self?.roleName === 'waiting-room') {
			door.waiting('in the waiting room; somebody has to let the recorder in');
		} else if (isConnected) {
			door.joined();
			const ids = new Set([...(state.room.peers ?? []), ...Object.keys(state.peers)]);
			door.people([...ids].flatMap((id) => (state.peers[id] ? [person(state, state.peers[id])] : [])));
			bestLayers(state);
			chat(state);
		}
		// A notification may still come that says why.
		if (lost(door.here() && roomState === 'Disconnected')) door.ended('the recorder is no longer in the room');
	};
	const { soon, close } = kit.watch(room, 250, look);
	return {
		layout(name) {
			staged = name !== 'native';
			soon();
			return false; // the page's own layout stays
		},
		close() {
			close();
			off.forEach((stop) => stop?.());
		},
	};
}
